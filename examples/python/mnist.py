# SPDX-License-Identifier: MIT
"""A neuron that learns to read handwritten digits together with others, one step after the other.

    python3 mnist.py --data FOLDER --neuron_key d/neuron.key --axon_port 8097 --metagraph_port 8098
                     --bootstrap localhost:8092

It joins the same networks as the C++ example mnist, and its checkpoints are that one's too.
--help lists the options; docs/python.md says how to build the package.
"""

import copy
import math
import time

import torch

import bittensor_cpp as bittensor
from bittensor_cpp import model_toolbox

from mnist_data import read_mnist
from mnist_synapse import MnistSynapse

# 1. Configuration and data.
config = bittensor.Config.parse()
torch.manual_seed(config.seed)
if config.threads:
    torch.set_num_threads(config.threads)
train_data = read_mnist(config.data, "train", config.train_images)
test_data = read_mnist(config.data, "t10k", config.test_images)
trainloader = torch.utils.data.DataLoader(train_data, config.batch_size_train, shuffle=True)
testloader = torch.utils.data.DataLoader(test_data, config.batch_size_test)
device = torch.device(config.device)

# 2. The synapse: the model that this neuron trains and offers to the others.
model = MnistSynapse()
model.to(device)

# 3. The metagraph: who is out there and how much each counts.
metagraph = bittensor.Metagraph(config)
metagraph.subscribe(model)
metagraph.start()

# 4. The axon: serves a copy of the synapse.
axon = bittensor.Axon(config)
axon.serve(copy.deepcopy(model))
axon.start()

# 5. The dendrite: asks others' synapses.
dendrite = bittensor.Dendrite(config).to(device)

# 6. The router: learns which synapse to call.
router = bittensor.Router(x_dim=1024, key_dim=100, topk=10)

# 7. One optimizer over both.
params = list(model.parameters()) + list(router.parameters())
optimizer = torch.optim.SGD(params, lr=config.learning_rate, momentum=config.momentum)

# 8. What was learnt before, if asked.
first_epoch, best_test_loss = 0, math.inf
if config.load_model:
    model, optimizer, first_epoch, best_test_loss = model_toolbox.load_model(
        model, config.load_model, optimizer, router)

print(f"started {metagraph.key[:8]} axon {axon.port} metagraph {metagraph.address}", flush=True)
while metagraph.peers < config.min_peers:
    time.sleep(0.05)


def train(epoch):
    model.train()
    router.train()
    for i, (images, labels) in enumerate(trainloader):
        fall = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * i / len(trainloader)))
        optimizer.param_groups[0]["lr"] = config.learning_rate / (epoch + 1) * fall
        images, labels = images.to(device), labels.to(device)

        # 9. Whom to ask about which image; ask them all at once; join what they say.
        context = model.encode(images)                                        # [batch, 1024]
        synapses = dendrite.available(metagraph.get_synapses(1000), images)
        weights = metagraph.getweights(synapses).to(device)                   # [n]
        requests, scores = router.route(synapses, context.detach(), images, weights)
        responses = dendrite.forward_image(synapses, requests)
        network = router.join(responses)                # [batch, 1024]; None: nobody answered

        # 10. The loss: of the local path, of the network path, and of the student that imitates
        # the network, so that the model also works without it.
        output = model(context, labels, network)
        optimizer.zero_grad()
        (output.loss + router.balance_loss).backward()
        dendrite.teach(synapses, responses)  # each peer learns from the gradient of its answer,
        axon.learn(model)                    # and this model from theirs
        optimizer.step()

        # 11. How much each synapse counts.
        weights = 0.99 * weights + 0.01 * torch.mean(scores.detach(), dim=0)
        metagraph.setweights(synapses, weights)
        if (i + 1) % config.log_interval == 0:
            answered = sum(response.ok for response in responses)
            print(f"epoch {epoch + 1} batch {i + 1} of {len(trainloader)} "
                  f"loss {output.local_target_loss.item():.4f} "
                  f"answers {answered} of {len(responses)}", flush=True)
        if (i + 1) % config.serve_interval == 0:
            axon.serve(model)


@torch.no_grad()
def test():
    """The mean loss of the local path, and how many are right, in percent: of the local path, and
    with what the network says."""
    model.eval()
    router.eval()
    loss = local = network = 0.0
    for images, labels in testloader:
        images, labels = images.to(device), labels.to(device)
        context = model.encode(images)
        synapses = dendrite.available(metagraph.get_synapses(1000), images)
        weights = metagraph.getweights(synapses).to(device)
        requests, _ = router.route(synapses, context, images, weights)
        output = model(context, labels, router.join(dendrite.forward_image(synapses, requests)))
        loss += output.local_target_loss.item() * len(labels)
        local += (output.local_target.argmax(1) == labels).sum().item()
        heard = getattr(output, "network_target", output.local_target)  # If nobody answered.
        network += (heard.argmax(1) == labels).sum().item()
    return loss / len(test_data), 100 * local / len(test_data), 100 * network / len(test_data)


try:
    for epoch in range(first_epoch, config.epochs):
        started = time.monotonic()
        train(epoch)
        seconds = time.monotonic() - started
        test_loss, local, network = test()
        print(f"epoch {epoch + 1} test loss {test_loss:.4f} local {local:.2f} % "
              f"network {network:.2f} % {len(train_data) / seconds:.0f} samples/s", flush=True)
        if test_loss < best_test_loss:
            best_test_loss = test_loss
            axon.serve(copy.deepcopy(model))
            if config.save_model:
                model_toolbox.save_model(model, config.save_model, optimizer=optimizer,
                                         router=router, epoch=epoch + 1, kind="mnist",
                                         step=(epoch + 1) * len(trainloader),
                                         best_test_loss=best_test_loss)
    while config.stay:
        time.sleep(0.5)
except KeyboardInterrupt:
    print("stopped")
print(f"answered {axon.stats['requests_answered']} questions of others, "
      f"learnt from {axon.stats['gradients_taken']} gradients of theirs")
axon.stop()
metagraph.stop()
