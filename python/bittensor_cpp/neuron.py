# SPDX-License-Identifier: MIT
"""A participant of the network: the short way."""

import collections
import time
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

import torch

from bittensor_cpp import _core
from bittensor_cpp.config import Config, Node
from bittensor_cpp.router import Batch, Router
from bittensor_cpp.schema import Schema
from bittensor_cpp.synapse import Forward, Predict, core_synapse, forward_of, schema_of


class Question:
    """A batch that the network was asked about: for `Neuron.context`."""

    def __init__(self, core: _core.Question):
        self._core = core

    @property
    def ready(self) -> bool:
        """Whether Neuron.context() of it would not wait."""
        return self._core.ready()


class Neuron:
    """A model in training, and all that joins it with others'::

        with Neuron(model, schema="image:1x28x28", bootstrap=["localhost:8092"]) as neuron:
            optimizer = torch.optim.SGD(neuron.parameters(), lr=0.03)
            for images, labels in loader:
                network = neuron.context(images)       # [batch, 1024], or None
                loss = loss_of(model, images, labels, network)
                neuron.step(loss, optimizer)

    ``model``: any torch.nn.Module. What it answers to others is ``forward(model, inputs)``,
    ``[batch, network_dim]``: its own ``forward_image`` (``_text``, ``_tensor``) if it has one, or
    ``model(inputs)``, unless ``forward`` is given. Others see copies of the model, in evaluation
    mode; a fresh one every ``serve_interval`` steps (0: never).

    ``schema``: what it takes and gives, a `Schema` or its short form. Where that has a task,
    ``predict(model, outputs)`` gives the logits ``[batch, classes]`` of its answers.

    All else are options as `Config` takes them; ``bootstrap`` names neurons to begin with.
    ``with`` joins the network and leaves it; so do start() and stop(). For one thread, the one that
    trains; others are served beside it.
    """

    def __init__(self, model: torch.nn.Module, schema: Union[Schema, str, None] = None,
                 forward: Optional[Forward] = None, predict: Optional[Predict] = None, *,
                 bootstrap: Sequence[str] = (), config: Optional[Config] = None,
                 router: Optional[Router] = None, serve_interval: int = 20, **options: Any):
        if config is not None and (options or bootstrap):
            raise TypeError("options go into the config, or beside the model: not both")
        if isinstance(bootstrap, str):
            bootstrap = [bootstrap]
        self.model = model
        self.schema = schema_of(model, schema)
        self.serve_interval = serve_interval
        self._forward = forward_of(model, self.schema, forward)
        self._synapse = core_synapse(model, self.schema, forward, predict)
        config = config or Config(bootstrap=list(bootstrap), **options)
        self.router = router or Router(self.schema.network_dim, topk=config.topk,
                                       network_dim=self.schema.network_dim)
        devices = {parameter.device for parameter in model.parameters()}
        if devices:
            self.router.to(next(iter(devices)))
        self._min_peers = config.min_peers
        self._node = Node(config._options, self.schema._core)
        self._conversation = _core.Conversation(self._node.core, self._synapse, self.router._core)
        self._started = False
        self._steps = 0

    # Joining and leaving.

    def start(self) -> "Neuron":
        """Serves a copy of the model and joins the network. StatusError says which port is taken or
        which bootstrap is no HOST:PORT. With the option ``min_peers`` it waits for so many others,
        at most 30 s."""
        if not self._started:
            self._started = True
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

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def serve(self) -> None:
        """Gives others a fresh copy of the model now."""
        self._node.core.serve(self._synapse)

    def wait_for_peers(self, n: int = 1, timeout: float = 30) -> bool:
        """Waits until ``n`` others are there, ``timeout`` seconds at most; whether they are."""
        end = time.monotonic() + timeout
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
        self._must_run()
        self.router.train(self.model.training and torch.is_grad_enabled())
        if isinstance(inputs, str):
            raise TypeError("a batch of text is a list of str")
        inputs = inputs if isinstance(inputs, torch.Tensor) else list(inputs)
        if context is None and self._node.core.proven() > 1:
            context = self._look(inputs)
        return Question(self._conversation.ask(self.schema.modality, inputs, labels, context))

    def context(self, inputs: Union[Batch, Question], labels: Optional[torch.Tensor] = None,
                context: Optional[torch.Tensor] = None, length: int = 0) -> Optional[torch.Tensor]:
        """What the network says to a batch: ``[batch, network_dim]``, to text
        ``[batch, length, network_dim]``. None if nobody answered.

        ``inputs``: as the schema says, or what ask() gave. ``labels``: int64 ``[batch]``, of a
        schema with a task: neurons that the option ``known`` names may learn from them, and how
        right the others' predictions are decides how much they count. ``context``: ``[batch,
        network_dim]``, what the router chooses by; without one it is what the model answers.

        Differentiable: what comes back as its gradient is given to the peers' models, teaches the
        router, and decides what each peer is worth. Under ``torch.no_grad()`` it waits for all
        answers, and nobody learns from them.
        """
        question = inputs if isinstance(inputs, Question) else self.ask(inputs, labels, context)
        return self._conversation.hear(question._core, length)

    def ahead(self, batches: Iterable, depth: int = 4) -> Iterator[Tuple[Any, Question]]:
        """Batches with the questions about them, which were asked ``depth`` batches before, so that
        the time of the network costs no time of training::

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
        if isinstance(batch, (tuple, list)) and not (batch and isinstance(batch[0], str)):
            labels = batch[1] if self.schema.task and len(batch) > 1 else None
            return self.ask(batch[0], labels)
        return self.ask(batch)

    def step(self, loss: Optional[torch.Tensor] = None,
             optimizer: Optional[torch.optim.Optimizer] = None) -> None:
        """The rest of a training step.

        With a loss and an optimizer: computes the gradients, adds what others teach, and changes
        the parameters. Without: call it between your own ``loss.backward()`` and
        ``optimizer.step()``, and add `balance_loss` to the loss.

        Then each peer gets the gradient of its answer, the weights follow what the answers were
        worth, and every ``serve_interval`` steps others get a fresh copy of the model.
        """
        self._must_run()
        if (loss is None) != (optimizer is None):
            raise TypeError("step() takes a loss and an optimizer, or neither")
        if loss is not None:
            balance = self.balance_loss
            optimizer.zero_grad()
            (loss if balance is None else loss + balance).backward()
        self._conversation.learn()
        if optimizer is not None:
            self.router.forget_newcomers(optimizer)
            optimizer.step()
        self._steps += 1
        if self.serve_interval > 0 and self._steps % self.serve_interval == 0:
            self.serve()

    @property
    def balance_loss(self) -> Optional[torch.Tensor]:
        """Of the last context(): a scalar that keeps the router from asking always the same."""
        return self._conversation.balance_loss()

    def prediction(self, logits: torch.Tensor) -> Optional[torch.Tensor]:
        """What the network predicts for the batch of the last context(), joined with this model's
        own ``logits [batch, classes]``: log-probabilities ``[batch, classes]``. None if no peer of
        the same task answered."""
        return self._conversation.prediction(logits)

    def _look(self, inputs: Batch) -> torch.Tensor:
        """What the model answers to a batch, in evaluation mode: [batch, network_dim]."""
        modes = [(module, module.training) for module in self.model.modules()]
        self.model.eval()
        try:
            with torch.no_grad():
                answer = self._forward(self.model, inputs)
        finally:
            for module, training in modes:
                module.training = training
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

    def __repr__(self) -> str:
        return f"<neuron {self.key[:8]}: {type(self.model).__name__}, {self.schema!r}>"

    def __reduce__(self):
        return self._node.__reduce__()
