# SPDX-License-Identifier: MIT
"""The short way: a neuron around any torch module."""

import copy
import gc
import json
import os
import pickle
import signal
import threading
import time

import pytest
import torch
from conftest import DIM, Scale
from torch import nn

import bittensor_cpp


def inputs(rows=4):
    return torch.arange(rows * DIM, dtype=torch.float32).view(rows, DIM) / 10


def test_lone_neuron_asks_itself(neuron):
    assert torch.equal(neuron(Scale(3.0)).context(inputs()), 3 * inputs())


def test_context_is_what_the_other_answers(neuron):
    first = neuron(Scale(3.0))
    second = neuron(Scale(5.0), join=first)
    assert torch.allclose(first.context(inputs()), 5 * inputs())
    assert torch.allclose(second.context(inputs()), 3 * inputs())
    assert [answer.ok for answer in second.answers] == [True]


def test_batch_is_asked_before_it_is_needed(neuron):
    first = neuron(Scale(3.0))
    second = neuron(join=first, ask_interval=1)
    batches = [inputs(rows) for rows in (1, 2, 3, 4, 5)]
    heard = [(batch, second.context(question)) for batch, question in second.ahead(batches, depth=2)]
    assert len(heard) == 5
    for batch, network in heard:
        assert torch.allclose(network, 3 * batch)


def test_any_function_of_a_module_can_be_served(neuron):
    first = neuron(nn.Linear(DIM, DIM), forward=lambda module, rows: module(rows).tanh())
    second = neuron(join=first)
    expected = first.model(inputs()).tanh()
    assert torch.allclose(second.context(inputs()), expected, atol=1e-6)


def test_text_is_asked_as_a_list_of_str(neuron):
    def lengths(module, texts):
        words = [[len(text)] + [len(word) for word in text.split()] for text in texts]
        most = max(map(len, words))
        rows = [row + [0] * (most - len(row)) for row in words]
        return torch.tensor(rows, dtype=torch.float32)[:, :, None].expand(-1, -1, DIM)

    text = bittensor_cpp.Schema("text", network_dim=DIM)
    first = neuron(nn.Identity(), schema=text, forward=lengths)
    second = neuron(nn.Identity(), schema=text, forward=lengths, join=first)
    network = second.context(["ab c", "def"], length=3)
    assert network[:, :, 0].tolist() == [[4, 2, 1], [3, 3, 0]]


def test_served_model_is_a_copy_until_it_is_served_again(neuron):
    first = neuron(Scale(3.0))
    second = neuron(join=first)
    with torch.no_grad():
        first.model.factor.fill_(7.0)
    assert torch.allclose(second.context(inputs()), 3 * inputs())
    first.serve()
    assert torch.allclose(second.context(inputs()), 7 * inputs())


def test_served_model_is_in_evaluation_mode_and_the_own_stays_in_training(neuron):
    first = neuron(nn.Sequential(nn.Dropout(0.5), nn.Identity()))
    second = neuron(join=first)
    assert torch.allclose(second.context(inputs()), inputs())
    assert first.model.training and first.model[0].training


def test_step_trains_model_and_values_peers(neuron):
    first = neuron(Scale(3.0))
    second = neuron(Scale(1.0), join=first)
    optimizer = torch.optim.SGD(second.parameters(), lr=0.01)
    for _ in range(5):
        network = second.context(inputs())
        loss = ((second.model(inputs()) + network - 5 * inputs()) ** 2).mean()
        second.step(loss, optimizer)
    assert second.model.factor.item() > 1.0
    assert second.weights[first.key] > 0


def test_gradient_of_an_answer_reaches_the_model_that_gave_it(neuron):
    first = neuron(Scale(3.0), learn_from="earned")
    second = neuron(Scale(1.0), join=first)
    still = [torch.optim.SGD(one.parameters(), lr=0.0) for one in (first, second)]
    target = 5 * inputs()
    end = time.monotonic() + 20
    while first.stats["gradients_taken"] == 0 or not any(first.weights.values()):
        assert time.monotonic() < end
        second.step((second.context(inputs()) - target).pow(2).mean(), still[1])
        # Whoever teaches must have been worth something before it counts.
        first.step((first.context(inputs()) - target).pow(2).mean(), still[0])
    second.step((second.context(inputs()) - target).pow(2).mean(), still[1])
    taken = first.stats["gradients_taken"]
    while first.stats["gradients_taken"] == taken:
        assert time.monotonic() < end
        second.step((second.context(inputs()) - target).pow(2).mean(), still[1])
    loss = (first.model(inputs()) - target).pow(2).mean()
    alone, = torch.autograd.grad(loss, [first.model.factor], retain_graph=True)
    first.step(loss, still[0])
    assert first.model.factor.grad.item() != pytest.approx(alone.item())


class Classes(nn.Module):
    """Answers tensors [batch, DIM], and sorts them into three classes."""

    def __init__(self):
        super().__init__()
        self.features, self.classes = nn.Linear(DIM, DIM), nn.Linear(DIM, 3)

    def forward(self, rows):
        return self.features(rows)

    def predict(self, outputs):
        return self.classes(outputs)


def test_lessons_teach_those_who_know_each_other(neuron, options):
    torch.manual_seed(1)
    schema = bittensor_cpp.Schema("tensor", [DIM], network_dim=DIM, task="thirds", classes=3)
    seen = []

    def lesson(model, rows, labels):
        seen.append((rows, labels))
        return nn.functional.cross_entropy(model.predict(model(rows)), labels)

    def key_of(more):  # Made at once, so that the other can name it.
        node = bittensor_cpp.Config(**more).node()
        node.stop()
        return node.core.key

    one, other = options(), options()
    keys = key_of(one), key_of(other)
    gc.collect()
    first = bittensor_cpp.Neuron(Classes(), schema, lesson=lesson, known=[keys[1]], **one)
    with first, bittensor_cpp.Neuron(Classes(), schema, known=[keys[0]], bootstrap=[first.address],
                                     **other) as second:
        assert second.wait_for_peers(1) and first.wait_for_peers(1)
        labels = torch.tensor([0, 1, 2, 0])
        second.context(inputs(), labels)
        before = first.model.classes.weight.clone()
        end = time.monotonic() + 20
        while not seen:
            assert time.monotonic() < end
            first.step(first.model(inputs()).pow(2).mean())
    rows, taught = seen[0]
    assert torch.equal(rows[taught == 1][0], inputs()[1])
    assert not torch.equal(before, first.model.classes.weight)  # The loss above does not move it.


@pytest.mark.parametrize("right", [True, False])
def test_earned_lessons_count_by_how_little_their_labels_surprise(neuron, options, right):
    torch.manual_seed(1)
    schema = bittensor_cpp.Schema("tensor", [DIM], network_dim=DIM, task="thirds", classes=3)
    rows, labels = torch.eye(DIM)[:3], torch.arange(3)

    def one_who_knows():
        model = Classes()
        with torch.no_grad():
            for layer in (model.features, model.classes):
                layer.weight.copy_(torch.eye(*layer.weight.shape) * 3)
                layer.bias.zero_()
        return model

    knows = one_who_knows()
    more = options(learn_from="earned")
    first = bittensor_cpp.Neuron(
        knows, schema, learning_rate=0.01,
        lesson=lambda model, x, y: nn.functional.cross_entropy(model.predict(model(x)), y), **more)
    with first:
        teacher = bittensor_cpp.Neuron(one_who_knows(), schema, known=[first.key],
                                       bootstrap=[first.address], **options())
        with teacher:
            assert teacher.wait_for_peers(1) and first.wait_for_peers(1)
            before = knows.classes.bias.clone()
            end = time.monotonic() + 20
            while first.stats["lessons_taken"] < 10 or first.steps < 10:
                assert time.monotonic() < end
                teacher.context(rows, labels if right else (labels + 1) % 3)
                network = first.context(rows, labels)  # Who is worth nothing is not listened to.
                first.prediction(first.model.predict(first.model(rows)))
                # The loss does not move the bias: only a lesson can.
                first.step((first.model(rows) + network).pow(2).mean())
    moved = not torch.equal(before, knows.classes.bias)
    assert moved == right


def test_prediction_of_peers_is_joined(neuron):
    schema = bittensor_cpp.Schema("tensor", [DIM], network_dim=DIM, task="thirds", classes=3)
    first = neuron(Classes(), schema=schema)
    second = neuron(Classes(), schema=schema, join=first)
    labels = torch.tensor([0, 1, 2, 0])
    network = second.context(inputs(), labels)
    logits = second.model.predict(second.model(inputs()))
    joined = second.prediction(logits)
    assert joined.shape == (4, 3)
    assert torch.allclose(joined.exp().sum(1), torch.ones(4), atol=1e-5)
    second.step((network - 1).pow(2).mean())
    assert first.key in second.weights


def test_training_goes_on_from_the_checkpoint(neuron, tmp_path):
    path = tmp_path / "model.pt"

    def train(steps):
        one = neuron(Scale(1.0), checkpoint=path, learning_rate=0.001)
        began = one.steps, one.model.factor.item()
        for _ in range(steps):
            one.context(inputs())
            one.step((one.model(inputs()) - 5 * inputs()).pow(2).mean())
        one.__exit__(None, None, None)
        return began, one.model.factor.item(), one.optimizer.state_dict()["state"]

    (steps, _), factor, _ = train(3)
    assert steps == 0 and path.exists()
    (steps, began), _, state = train(0)
    assert (steps, began) == (3, factor)
    assert state[0]["momentum_buffer"] is not None


def test_what_broke_off_keeps_the_last_checkpoint(options, tmp_path):
    with pytest.raises(ZeroDivisionError):
        with bittensor_cpp.Neuron(Scale(), f"tensor:{DIM}", checkpoint=tmp_path / "model.pt",
                                  **options()):
            1 / 0
    assert not (tmp_path / "model.pt").exists()


def test_output_with_a_loss_is_a_step(neuron):
    class Output:
        loss = None

    one = neuron(Scale(1.0))
    output = Output()
    output.loss = (one.model(inputs()) - 5).pow(2).mean()
    one.step(output)
    assert one.steps == 1 and one.model.factor.item() != 1.0
    with pytest.raises(TypeError, match="loss"):
        one.step(Output())
    with pytest.raises(TypeError, match="loss"):
        one.step(3.0)


def test_own_loop_may_step_the_optimizer_itself(neuron):
    first = neuron(Scale(3.0))
    second = neuron(Scale(1.0), join=first)
    optimizer = torch.optim.Adam(second.parameters(), lr=0.1)
    loss = (second.model(inputs()) + second.context(inputs())).pow(2).mean()
    (loss + second.balance_loss).backward()
    second.step()
    optimizer.step()
    assert second.weights[first.key] > 0


def test_plot_shows_losses_and_weights(neuron):
    pytest.importorskip("matplotlib").use("Agg")
    first = neuron(Scale(3.0))
    second = neuron(Scale(1.0), join=first, serve_interval=1)
    for _ in range(3):
        second.step((second.context(inputs()) - 5 * inputs()).pow(2).mean())
    left, right = second.plot().axes
    assert len(left.lines[0].get_xdata()) == 3
    assert [line.get_label() for line in right.lines] == [first.key[:8]]


def test_status_file_shows_training_and_peers(neuron, options):
    more = options(name="ours")
    first = neuron(Scale(3.0))
    with bittensor_cpp.Neuron(Scale(1.0), first.schema, bootstrap=[first.address], min_peers=1,
                              **more) as second:
        for _ in range(3):
            second.step((second.model(inputs()) + second.context(inputs()) - 5).pow(2).mean())
    state = json.loads(more["neuron_key"].with_suffix(".status.json").read_text())
    assert state["neuron"]["key"] == second.key and state["neuron"]["name"] == "ours"
    assert state["training"]["step"] == 3
    assert [peer["key"] for peer in state["peers"]] == [first.key]
    assert state["peers"][0]["answered"] == 3


def test_gradient_of_inputs_comes_back_over_the_network(options, neuron):
    first = neuron(Scale(3.0))
    config = bittensor_cpp.Config(bootstrap=[first.address], **options())
    metagraph = bittensor_cpp.Metagraph(config)
    dendrite = bittensor_cpp.Dendrite(config, first.schema)
    metagraph.start()
    while metagraph.peers < 1:
        time.sleep(0.02)
    asked = inputs().requires_grad_()
    answer, = dendrite.forward_tensor(metagraph.get_synapses(10), [asked])
    answer.output.sum().backward()
    assert torch.allclose(asked.grad, torch.full_like(asked, 3.0))
    metagraph.stop()


class Picky(Scale):
    def forward(self, rows):
        if (rows < 0).any():
            raise ValueError("no negative numbers")
        return super().forward(rows)


def test_synapse_that_raises_answers_its_caller_alone(neuron):
    first = neuron(Picky(2.0))
    second = neuron(join=first)
    third = neuron(join=first)
    assert third.wait_for_peers(2)  # Or it might know the second only.
    failed, heard = second.ask(-1 - inputs()), third.ask(inputs())
    second.context(failed)
    third.context(heard)
    of_first = lambda asked: dict(zip((s.key for s in asked.synapses), asked.answers))[first.key]
    assert of_first(third).ok
    assert of_first(second).code == "INTERNAL"
    assert "ValueError: no negative numbers" in of_first(second).message
    assert ".py" not in of_first(second).message


def test_context_is_none_where_nobody_answers(neuron):
    assert neuron(Picky()).context(-1 - inputs()) is None


class Slow(Scale):
    def forward(self, rows):
        time.sleep(1.5)
        return super().forward(rows)


def test_others_run_while_one_waits(neuron):
    first = neuron(Slow(3.0))
    second = neuron(join=first)
    ticks = []

    def tick():
        while len(ticks) < 1000 and not done.wait(0.005):
            ticks.append(time.monotonic())

    done = threading.Event()
    ticker = threading.Thread(target=tick)
    ticker.start()
    network = second.context(inputs())
    done.set()
    ticker.join()
    assert torch.allclose(network, 3 * inputs())
    assert len(ticks) > 50


def test_ctrl_c_ends_a_wait(neuron):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Ignored in the background.
    first = neuron(Slow(3.0))
    second = neuron(join=first)
    question = second.ask(inputs())
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        second.context(question)
    assert time.monotonic() - began < 1.2


def test_port_that_is_taken_is_said(neuron, options):
    first = neuron()
    more = {**options(), "axon_port": first.axon_port}
    second = bittensor_cpp.Neuron(Scale(), bittensor_cpp.Schema("tensor", [DIM]), **more)
    with pytest.raises(bittensor_cpp.StatusError) as raised:
        second.start()
    second.stop()
    assert raised.value.code == "ALREADY_EXISTS"
    assert str(first.axon_port) in raised.value.message


def test_key_of_another_neuron_is_refused(neuron, options):
    more = options()
    with bittensor_cpp.Neuron(Scale(), f"tensor:{DIM}", **more):
        with pytest.raises(bittensor_cpp.StatusError, match="in use"):
            bittensor_cpp.Neuron(Scale(), f"tensor:{DIM}", **more)


def test_wrong_types_are_said(neuron, options):
    one = neuron()
    with pytest.raises(TypeError):
        one.context(["text"])
    with pytest.raises(TypeError):
        one.context(3)
    with pytest.raises(TypeError, match="torch.nn.Module"):
        bittensor_cpp.Neuron(lambda x: x, "tensor:8", **options())
    with pytest.raises(TypeError, match="schema"):
        bittensor_cpp.Neuron(Scale(), **options())
    with pytest.raises(ValueError, match="smell"):
        bittensor_cpp.Schema("smell")
    with pytest.raises(ValueError, match="no_such_option"):
        bittensor_cpp.Config(no_such_option=1)
    with pytest.raises(RuntimeError, match="with statement"):
        bittensor_cpp.Neuron(Scale(), f"tensor:{DIM}", **options()).context(inputs())


def test_neurons_are_not_copied_or_pickled(neuron):
    one = neuron()
    for broken in (lambda: pickle.dumps(one), lambda: copy.deepcopy(one),
                   lambda: pickle.dumps(one.router), lambda: copy.deepcopy(one.router)):
        with pytest.raises(TypeError, match="cannot be"):
            broken()


def threads():
    return len(os.listdir("/proc/self/task"))


def resident_mb():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_threads_and_memory_return(options):
    def run():
        with bittensor_cpp.Neuron(Scale(), f"tensor:{DIM}", **options()) as one:
            one.context(torch.zeros(2, DIM))

    for _ in range(10):
        run()
    gc.collect()
    before, memory = threads(), resident_mb()
    modules = sum(isinstance(one, Scale) for one in gc.get_objects())
    for _ in range(100):
        run()
    gc.collect()
    assert sum(isinstance(one, Scale) for one in gc.get_objects()) <= modules
    end = time.monotonic() + 10
    while threads() > before + 2 and time.monotonic() < end:
        time.sleep(0.1)
    assert threads() <= before + 2
    assert resident_mb() - memory < 60  # A neuron has a router of a thousand keys, 0.4 MB.


def test_loop_axon_and_fan_out_run_beside_each_other(neuron):
    first = neuron(Scale(3.0), learning_rate=1e-5)
    second = neuron(Scale(1.0), join=first, learning_rate=1e-5)
    failed = []

    def train(one, until):
        try:
            while time.monotonic() < until or one.steps <= 20:
                network = one.context(inputs(64))
                if network is None:  # Nobody answered in the usual time: the machine is busy.
                    network = torch.zeros(64, DIM)
                one.step((one.model(inputs(64)) + network - 5 * inputs(64)).pow(2).mean())
        except Exception as error:
            failed.append(error)

    until = time.monotonic() + (60 if os.environ.get("BITTENSOR_LONG") else 2)
    trainers = [threading.Thread(target=train, args=(one, until)) for one in (first, second)]
    for trainer in trainers:
        trainer.start()
    for trainer in trainers:
        trainer.join()
    assert not failed
    assert min(one.stats["answers_ok"] for one in (first, second)) > 0
    assert second.stats["answers_failed"] <= second.stats["answers_ok"]


def test_workers_of_a_data_loader_leave_the_neuron_alone(neuron):
    one = neuron(Scale(3.0))
    loader = torch.utils.data.DataLoader(inputs(8), batch_size=4, num_workers=2)
    for _ in range(2):
        assert all(torch.allclose(one.context(rows), 3 * rows) for rows in loader)


def test_parameters_are_the_same_tensors_on_both_sides(neuron):
    one = neuron(nn.BatchNorm1d(DIM))
    core = dict(one.router._core.named_parameters())
    assert all(core[name] is parameter for name, parameter in one.router.named_parameters())


def test_frozen_and_tied_parameters_are_served(neuron):
    linear = nn.Linear(DIM, DIM)
    linear.weight.requires_grad_(False)
    first = neuron(nn.Sequential(linear, nn.BatchNorm1d(DIM), linear).eval())
    second = neuron(join=first)
    assert torch.allclose(second.context(inputs()), first.model(inputs()), atol=1e-5)


def test_scripted_module_is_served(neuron):
    first = neuron(torch.jit.script(nn.Linear(DIM, DIM)))
    second = neuron(join=first)
    assert torch.allclose(second.context(inputs()), first.model(inputs()), atol=1e-5)
