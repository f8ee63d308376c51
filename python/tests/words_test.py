# SPDX-License-Identifier: MIT
"""The parts by themselves, in the words and the order of the architecture."""

import copy
import time

import pytest
import torch
from conftest import DIM, Scale

import bittensor_cpp as bittensor
from bittensor_cpp import model_toolbox


class Linear(bittensor.Synapse):
    schema = bittensor.Schema("image", [1, 2, 4], network_dim=DIM)

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(DIM, DIM)

    def forward_image(self, images):
        return self.layer(images.flatten(1))


def start(config):
    model = Linear()
    metagraph = bittensor.Metagraph(config)
    metagraph.subscribe(model)
    metagraph.start()
    axon = bittensor.Axon(config)
    axon.serve(copy.deepcopy(model))
    axon.start()
    return model, metagraph, axon


def test_words_of_the_architecture_train_together(options):
    config = bittensor.Config(**options())
    model, metagraph, axon = start(config)
    other = start(bittensor.Config(bootstrap=[metagraph.address], **options()))
    while metagraph.peers < 1:
        time.sleep(0.02)
    dendrite = bittensor.Dendrite(config).to(torch.device("cpu"))
    router = bittensor.Router(x_dim=DIM, key_dim=10, topk=10, network_dim=DIM)
    optimizer = torch.optim.SGD(list(router.parameters()) + list(model.parameters()), lr=0.1)
    images = torch.rand(6, 1, 2, 4)
    losses = []
    for _ in range(10):
        context = model.forward_image(images)
        synapses = metagraph.get_synapses(1000)
        requests, scores = router.route(synapses, context, images)
        responses = dendrite.forward_image(synapses, requests)
        network = router.join(responses)
        assert [response.ok for response in responses] == [True]
        assert torch.allclose(network, other[0].forward_image(images), atol=1e-5)
        loss = (context - network).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        weights = metagraph.getweights(synapses)
        weights = 0.99 * weights + 0.01 * torch.mean(scores.detach(), dim=0)
        metagraph.setweights(synapses, weights)
    assert losses[-1] < losses[0]
    assert metagraph.getweights(synapses).tolist() == pytest.approx([1 - 0.99 ** 10], abs=1e-3)
    for axon_or_metagraph in (axon, metagraph, *other[1:]):
        axon_or_metagraph.stop()


def test_router_is_a_module_like_any_other():
    router = bittensor.Router(x_dim=16, key_dim=5, topk=2)
    assert {name for name, _ in router.named_parameters()} >= {"gate.keys.keys"}
    assert all(isinstance(one, torch.nn.Parameter) for one in router.parameters())
    other = bittensor.Router(x_dim=16, key_dim=5, topk=2)
    other.load_state_dict(router.state_dict())
    for name, value in router.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    before = dict(router._core.named_parameters())
    router.to(torch.float64)
    router.to(torch.float32)
    assert all(before[name] is one for name, one in router.named_parameters())


def test_join_of_no_answer_is_none(options):
    config = bittensor.Config(**options())
    dendrite, router = bittensor.Dendrite(config, "image:1x2x4"), bittensor.Router()
    images = torch.rand(2, 1, 2, 4)
    requests, scores = router.route([], torch.rand(2, 1024), images)
    assert router.join(dendrite.forward_image([], requests)) is None
    assert scores.shape == (2, 0) and router.balance_loss.item() == 0


def test_router_without_route_says_so():
    with pytest.raises(RuntimeError, match="route"):
        bittensor.Router().join([])


def test_config_is_read_from_a_command_line():
    config = bittensor.Config.parse(["--axon_port", "7", "--bootstrap", "a:1", "--stay"], epochs=3)
    assert (config.axon_port, config.bootstrap, config.stay, config.epochs) == (7, ["a:1"], True, 3)
    with pytest.raises(SystemExit, match="axon_port"):
        bittensor.Config.parse(["--axon_port", "many"])


@pytest.mark.parametrize("make", [
    lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    lambda parameters: torch.optim.Adam(parameters, lr=0.01, amsgrad=True),
    lambda parameters: torch.optim.AdamW(parameters, lr=0.01)])
def test_training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(tmp_path, make):
    def steps(model, optimizer, n):
        for i in range(n):
            optimizer.zero_grad()
            (model.forward_image(torch.full((2, 1, 2, 4), float(i + 1))) - 1).pow(2).mean().backward()
            optimizer.step()

    model = Linear()
    optimizer = make(model.parameters())
    steps(model, optimizer, 3)
    path = tmp_path / "model.pt"
    model_toolbox.save_model(model, path, optimizer=optimizer, epoch=3, best_test_loss=0.5)
    steps(model, optimizer, 3)

    resumed = Linear()
    again = make(resumed.parameters())
    _, _, epoch, best = model_toolbox.load_model(resumed, path, again)
    steps(resumed, again, 3)
    assert (epoch, best) == (3, 0.5)
    for one, other in zip(model.parameters(), resumed.parameters()):
        assert torch.allclose(one, other, atol=1e-6)


def test_checkpoint_that_does_not_fit_or_is_missing_is_said(tmp_path):
    with pytest.raises(bittensor.StatusError) as raised:
        model_toolbox.load_model(Linear(), tmp_path / "none.pt")
    assert raised.value.code == "NOT_FOUND"
    model_toolbox.save_model(Linear(), tmp_path / "model.pt")
    with pytest.raises(RuntimeError, match="layer.weight"):
        model_toolbox.load_model(Scale(), tmp_path / "model.pt")
