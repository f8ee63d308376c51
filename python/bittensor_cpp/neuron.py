# SPDX-License-Identifier: MIT
"""A participant of the network: the short way."""

import collections
import contextlib
import os
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

import torch

from bittensor_cpp import _core, model_toolbox
from bittensor_cpp.config import Config, Node
from bittensor_cpp.history import History
from bittensor_cpp.optimizer import SGD
from bittensor_cpp.router import Batch, Router
from bittensor_cpp.schema import Schema
from bittensor_cpp.synapse import Forward, Predict, core_synapse, forward_of, schema_of

MakeOptimizer = Callable[[List[torch.Tensor]], torch.optim.Optimizer]
# Of the model on rows with labels [rows]; of text the labels are None.
LessonLoss = Callable[[torch.nn.Module, Batch, Optional[torch.Tensor]], torch.Tensor]


class Question:
    """A batch that the network was asked about: for `Neuron.context`."""

    def __init__(self, core: _core.Question, inputs: Batch):
        self._core, self._inputs = core, inputs

    @property
    def ready(self) -> bool:
        """Whether Neuron.context() of it would not wait."""
        return self._core.ready()


class Neuron:
    """A model in training, and all that joins it with others'::

        with Neuron(model, schema="image:1x28x28", bootstrap=["localhost:8092"]) as neuron:
            for images, labels in loader:
                network = neuron.context(images)       # [batch, 1024], or None
                neuron.step(loss_of(model, images, labels, network))

    ``model``: any torch.nn.Module. What it answers to others is ``forward(model, inputs)``,
    ``[batch, network_dim]``: its own ``forward_image`` (``_text``, ``_tensor``) if it has one, or
    ``model(inputs)``, unless ``forward`` is given. Others see copies of the model, in evaluation
    mode; a fresh one every ``serve_interval`` steps (0: never).

    ``schema``: what it takes and gives, a `Schema` or its short form. Where that has a task,
    ``predict(model, outputs)`` gives the logits ``[batch, classes]`` of its answers.

    ``optimizer(parameters)`` makes the optimizer of the model and the router, `optimizer`; without
    it that is `SGD` by the options ``learning_rate`` and ``momentum``. ``checkpoint`` names a file
    that training resumes from, if it is there, and is saved to. ``lesson(model, inputs, labels)``
    gives the mean loss on what others teach: see step().

    All else are options as `Config` takes them; ``bootstrap`` names neurons to begin with.
    ``with`` joins the network and leaves it; so do start() and stop(). For one thread, the one that
    trains; others are served beside it.
    """

    def __init__(self, model: torch.nn.Module, schema: Union[Schema, str, None] = None,
                 forward: Optional[Forward] = None, predict: Optional[Predict] = None, *,
                 bootstrap: Sequence[str] = (), config: Optional[Config] = None,
                 router: Optional[Router] = None, serve_interval: int = 20,
                 optimizer: Optional[MakeOptimizer] = None,
                 checkpoint: "Union[str, os.PathLike, None]" = None,
                 lesson: Optional[LessonLoss] = None, **options: Any):
        if config is not None and (options or bootstrap):
            raise TypeError("options go into the config, or beside the model: not both")
        if isinstance(bootstrap, str):
            bootstrap = [bootstrap]
        self.model = model
        self.schema = schema_of(model, schema)
        self.serve_interval = serve_interval
        self.checkpoint = checkpoint
        self._forward = forward_of(model, self.schema, forward)
        self._lesson = lesson
        self._synapse = core_synapse(model, self.schema, forward, predict)
        config = config or Config(bootstrap=list(bootstrap), **options)
        self.router = router or Router(self.schema.network_dim, topk=config.topk,
                                       network_dim=self.schema.network_dim)
        devices = {parameter.device for parameter in model.parameters()}
        if devices:
            self.router.to(next(iter(devices)))
        self.optimizer = (optimizer(self.parameters()) if optimizer else SGD(
            self.parameters(), lr=config.learning_rate, momentum=config.momentum))
        self._samples = 0  # of the last context()
        self.steps = 0  # those before a resumed checkpoint included
        self.history = History()
        self._min_peers, self._save_interval = config.min_peers, config.save_interval
        self._learn_from, self._topk = config.learn_from, config.topk
        self._node = Node(config._options, self.schema._core)
        self._conversation = _core.Conversation(self._node.core, self._synapse, self.router._core)
        self._started = False
        self._saved_at = time.monotonic()

    # Joining and leaving.

    def start(self) -> "Neuron":
        """Resumes from `checkpoint`, if there is one, serves a copy of the model and joins the
        network. StatusError says which port is taken, which bootstrap is no HOST:PORT or which file
        is damaged. With the option ``min_peers`` it waits for so many others, at most 30 s."""
        if not self._started:
            self._started = True
            if self.checkpoint is not None and os.path.exists(self.checkpoint):
                self.load(self.checkpoint)
            self.serve()
            self._node.core.start_axon()
            self._node.core.subscribe(self.schema._core)
            self._node.core.start_metagraph()
            self.wait_for_peers(self._min_peers)
        return self

    def stop(self) -> None:
        """Tells the peers that it leaves, and stops. May be called twice."""
        self._node.stop()

    def __enter__(self) -> "Neuron":
        return self.start()

    def leave(self) -> None:
        """Saves to `checkpoint`, if there is one, and stops: the end of training."""
        try:
            if self.checkpoint is not None:
                self.save(self.checkpoint)
        finally:
            self.stop()

    def __exit__(self, kind: Optional[type], *_: Any) -> None:
        # Of what broke off for another reason the last state that was saved is kept.
        self.leave() if kind in (None, KeyboardInterrupt) else self.stop()

    def save(self, path: "Union[str, os.PathLike]", **more: Any) -> None:
        """Writes model, router and optimizer to a checkpoint; ``more`` as model_toolbox.save_model
        takes it, such as ``epoch`` and ``best_test_loss``."""
        with self._node.core.wait("the checkpoint to be written"):
            model_toolbox.save_model(self.model, path, optimizer=self.optimizer,
                                     router=self.router, step=self.steps, **more)
        self._saved_at = time.monotonic()

    def load(self, path: "Union[str, os.PathLike]") -> None:
        """Reads them back. Errors as model_toolbox.load_model()'s."""
        model_toolbox.load_model(self.model, path, self.optimizer, self.router)
        self.steps = model_toolbox.steps_of(path)

    def serve(self) -> None:
        """Gives others a fresh copy of the model now."""
        self._node.core.serve(self._synapse)

    def wait_for_peers(self, n: int = 1, timeout: float = 30) -> bool:
        """Waits until ``n`` others are there, ``timeout`` seconds at most; whether they are."""
        end = time.monotonic() + timeout
        with self._node.core.wait(f"{n} peers" if n != 1 else "a peer", timeout):
            while self._node.core.proven() < n:
                if time.monotonic() > end:
                    return False
                time.sleep(0.02)
        return True

    # Training.

    def parameters(self) -> List[torch.Tensor]:
        """What an optimizer trains: the model's parameters, then the router's."""
        return [*self.model.parameters(), *self.router.parameters()]

    def ask(self, inputs: Batch, labels: Optional[torch.Tensor] = None,
            context: Optional[torch.Tensor] = None) -> Question:
        """Sends a batch to the network and returns at once: context() of what it gives waits for the
        answers, so that local work goes on meanwhile. Arguments as context()'s."""
        return self._ask(inputs, labels, context, in_turn=False)

    def _ask(self, inputs: Batch, labels: Optional[torch.Tensor], context: Optional[torch.Tensor],
             in_turn: bool) -> Question:
        self._must_run()
        self.router.train(self.model.training and torch.is_grad_enabled())
        if isinstance(inputs, str):
            raise TypeError("a batch of text is a list of str")
        inputs = inputs if isinstance(inputs, torch.Tensor) else list(inputs)
        if context is None and self._node.core.proven() > self._topk:
            context = self._look(inputs)
        return Question(self._conversation.ask(self.schema.modality, inputs, labels, context,
                                               in_turn), inputs)

    def context(self, inputs: Union[Batch, Question], labels: Optional[torch.Tensor] = None,
                context: Optional[torch.Tensor] = None, length: int = 0) -> Optional[torch.Tensor]:
        """What the network says to a batch: ``[batch, network_dim]``, to text
        ``[batch, length, network_dim]``. None if nobody answered.

        ``inputs``: as the schema says, or what ask() gave. ``labels``: int64 ``[batch]``, of a
        schema with a task: neurons that the option ``known`` names may learn from them, and how
        right the others' predictions are decides how much they count. ``context``: ``[batch,
        network_dim]``, what the router chooses and weighs by: what the model answers, which is
        computed for it where it matters and is not given.

        Differentiable: what comes back as its gradient is given to the peers' models, teaches the
        router, and decides what each peer is worth. Under ``torch.no_grad()`` it waits for all
        answers, and nobody learns from them.
        """
        question = inputs if isinstance(inputs, Question) else self.ask(inputs, labels, context)
        self._samples = len(question._inputs)
        if context is None and question._core.size() > 1:
            context = self._look(question._inputs)
        return self._conversation.hear(question._core, context, length)

    def ahead(self, batches: Iterable, depth: int = 4) -> Iterator[Tuple[Any, Question]]:
        """Batches with the questions about them, which were asked ``depth`` batches before, so that
        the time of the network costs no time of training. As in the C++ neurons, the network is
        asked about one batch in ``ask_interval`` (an option, 4); alone, this neuron asks itself
        about one in eight. Of the others context() is None::

            for (images, labels), question in neuron.ahead(loader):
                network = neuron.context(question)

        A batch is the inputs, or a tuple of inputs, labels and what else there is.
        """
        under_way: "collections.deque[Tuple[Any, Question]]" = collections.deque()
        for batch in batches:
            under_way.append((batch, self._ask_batch(batch)))
            if len(under_way) > depth:
                yield under_way.popleft()
        yield from under_way

    def _ask_batch(self, batch: Any) -> Question:
        labels = None
        if isinstance(batch, (tuple, list)) and not (batch and isinstance(batch[0], str)):
            labels = batch[1] if self.schema.task and len(batch) > 1 else None
            batch = batch[0]
        return self._ask(batch, labels, None, in_turn=True)

    def step(self, output: Any = None,
             optimizer: Optional[torch.optim.Optimizer] = None) -> None:
        """The rest of a training step.

        ``output``: the loss, or what has one as ``.loss``. Computes the gradients, adds what others
        teach, and changes the parameters by `optimizer`, or the one given. Without ``output``: call
        it between your own ``loss.backward()`` and ``optimizer.step()``, and add `balance_loss` to
        the loss.

        Then each peer gets the gradient of its answer, the weights follow what the answers were
        worth, every ``serve_interval`` steps others get a fresh copy of the model, and every
        ``save_interval`` seconds there is a checkpoint.

        What others teach are gradients of this model's answers and, with ``lesson``, questions with
        their labels, from those that the options ``learn_from`` and ``known`` name.
        """
        self._must_run()
        loss = _loss_of(output)
        if loss is None and optimizer is not None:
            raise TypeError("step() takes an optimizer with a loss only")
        if loss is not None:
            optimizer = optimizer or self.optimizer
            optimizer.zero_grad(set_to_none=True)
            (loss + self.balance_loss.to(loss.device)).backward()
        self._conversation.learn(self._lesson_loss())
        if loss is not None:
            self.router.forget_newcomers(optimizer)
            optimizer.step()
        self.steps += 1
        served = self.serve_interval > 0 and self.steps % self.serve_interval == 0
        if served:
            self.serve()
        self._node.core.step_done(self.steps, self._samples, loss)
        self.history.add(self.steps, loss, self.weights if served else None)
        if (self.checkpoint is not None and
                time.monotonic() - self._saved_at > self._save_interval):
            self.save(self.checkpoint)

    def _lesson_loss(self) -> Optional[torch.Tensor]:
        lessons = self._conversation.lessons() if self._lesson else []
        if not lessons:
            return None
        # Strangers' rows change no running statistics, which have no gradient to judge.
        mode = _evaluating(self.model) if self._learn_from == "earned" else contextlib.nullcontext()
        device = next(iter(self.parameters())).device
        with mode:
            losses = [(self._lesson(self.model, inputs, labels), len(inputs))
                      for inputs, labels in _joined(lessons, device)]
        return sum(loss * rows for loss, rows in losses) / sum(rows for _, rows in losses)

    @property
    def balance_loss(self) -> torch.Tensor:
        """Of the last context(): a scalar that keeps the router from asking always the same; 0 if
        nobody answered."""
        balance = self._conversation.balance_loss()
        return torch.zeros(()) if balance is None else balance

    def prediction(self, logits: torch.Tensor) -> Optional[torch.Tensor]:
        """What the network predicts for the batch of the last context(), joined with this model's
        own ``logits [batch, classes]``: log-probabilities ``[batch, classes]``. None if no peer of
        the same task answered."""
        return self._conversation.prediction(logits)

    def _look(self, inputs: Batch) -> torch.Tensor:
        """What the model answers to a batch, in evaluation mode: [batch, network_dim]."""
        with _evaluating(self.model), torch.no_grad():
            answer = self._forward(self.model, inputs)
        return answer[:, 0] if answer.dim() == 3 else answer

    def _must_run(self) -> None:
        if not self._started or self._node._stopped:
            raise RuntimeError("the neuron does not run: use it in a with statement, or start() it")

    # Looking at it.

    @property
    def address(self) -> str:
        """``"host:port"`` that others can use as bootstrap."""
        return self._node.core.address()

    @property
    def key(self) -> str:
        """Its public key, in hexadecimal: its name on the network."""
        return self._node.core.key

    @property
    def axon_port(self) -> int:
        """The port that others' questions come to."""
        return self._node.core.axon_port()

    @property
    def peers(self) -> int:
        """How many others have proven that they are there."""
        return self._node.core.proven()

    @property
    def answers(self) -> List[_core.Answer]:
        """Those of the last context(), one for each of `synapses`."""
        return self._conversation.answers()

    @property
    def synapses(self) -> List[_core.SynapseRecord]:
        """Whom the last context() could ask."""
        return self._conversation.synapses()

    @property
    def weights(self) -> Dict[str, float]:
        """How much each other synapse counts, by public key."""
        synapses = [one for one in self._node.core.get_synapses(10_000) if one.key != self.key]
        weights = self._node.core.get_weights(synapses)
        return dict(zip((one.key for one in synapses), weights.tolist()))

    @property
    def stats(self) -> Dict[str, int]:
        """What went to and fro since the start: answers, requests, gradients, lessons."""
        return self._node.core.stats()

    def plot(self):
        """Loss and peers' weights by step, as a figure of matplotlib, which notebooks show."""
        return self.history.plot(self.key)

    def __repr__(self) -> str:
        return f"<neuron {self.key[:8]}: {type(self.model).__name__}, {self.schema!r}>"

    def __reduce__(self):
        return self._node.__reduce__()


def _loss_of(output: Any) -> Optional[torch.Tensor]:
    if output is None:
        return None
    loss = output if isinstance(output, torch.Tensor) else getattr(output, "loss", None)
    if not isinstance(loss, torch.Tensor):
        raise TypeError(f"a loss is a tensor, or an object that has one as .loss, not {output!r}")
    return loss


@contextlib.contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    """The model in evaluation mode; then each of its modules in its own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _joined(lessons: List[Tuple[Batch, Optional[torch.Tensor]]], device: torch.device
            ) -> Iterator[Tuple[Batch, Optional[torch.Tensor]]]:
    """Lessons as few batches: rows of one shape together."""
    by_shape: Dict[Any, List[Tuple[Batch, Optional[torch.Tensor]]]] = {}
    for inputs, labels in lessons:
        shape = tuple(inputs.shape[1:]) if isinstance(inputs, torch.Tensor) else None
        by_shape.setdefault(shape, []).append((inputs, labels))
    for shape, same in by_shape.items():
        inputs, labels = zip(*same)
        if shape is None:
            yield [text for texts in inputs for text in texts], None
        else:
            yield torch.cat(inputs).to(device), torch.cat(labels).to(device)
