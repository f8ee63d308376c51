# SPDX-License-Identifier: MIT
"""The parts of a neuron, for a training loop that shows them: see examples/python/mnist.py."""

from typing import Dict, List, Optional, Sequence, Union

import torch

from bittensor_cpp import _core
from bittensor_cpp.config import Config
from bittensor_cpp.schema import Schema
from bittensor_cpp.synapse import Forward, Predict, core_synapse, schema_of

Synapses = Sequence[_core.SynapseRecord]


class _Part:
    def __init__(self, config: Config):
        self._node = config.node()

    def __reduce__(self):
        return self._node.__reduce__()


class Metagraph(_Part):
    """Who is out there and how much each counts, learnt by gossip."""

    def subscribe(self, model: torch.nn.Module, schema: Union[Schema, str, None] = None) -> None:
        """From now on tells the network of the synapse: what it takes and gives, and, once the axon
        has started, where it is served."""
        self._node.core.subscribe(schema_of(model, schema)._core)

    def start(self) -> None:
        """Listens and begins to gossip. StatusError: ALREADY_EXISTS if the port is taken."""
        self._node.core.start_metagraph()

    def stop(self) -> None:
        """Tells some peers that this neuron leaves, and stops."""
        self._node.core.stop_metagraph()

    @property
    def address(self) -> str:
        """``"host:port"`` that others can use as bootstrap."""
        return self._node.core.address()

    @property
    def key(self) -> str:
        """This neuron's public key, in hexadecimal."""
        return self._node.core.key

    @property
    def peers(self) -> int:
        """How many other neurons have proven that they are there."""
        return self._node.core.proven()

    def get_synapses(self, n: int) -> List[_core.SynapseRecord]:
        """At most ``n`` synapses of others, those that count most first; this neuron's own if there
        are none. Does not wait."""
        return self._node.core.get_synapses(n)

    def getweights(self, synapses: Synapses) -> torch.Tensor:
        """This neuron's weights of ``synapses``, ``[n]``, each in [0, 1]; 0: never asked."""
        return self._node.core.get_weights(list(synapses))

    def setweights(self, synapses: Synapses, weights: torch.Tensor) -> None:
        """Sets them, ``[n]``. They decide whom get_synapses() gives, and are published."""
        self._node.core.set_weights(list(synapses), weights)

    get_weights = getweights
    set_weights = setweights


class Axon(_Part):
    """The server of a neuron: runs a copy of its synapse for others, on a thread of its own."""

    _learnt = 0  # how often

    def serve(self, model: torch.nn.Module, schema: Union[Schema, str, None] = None,
              forward: Optional[Forward] = None, predict: Optional[Predict] = None) -> None:
        """Serves a copy of ``model`` as it is now, from the next request on. ``schema``, ``forward``
        and ``predict`` as `Neuron` takes them."""
        self._node.core.serve(core_synapse(model, schema, forward, predict))

    def start(self) -> None:
        """Listens. StatusError: ALREADY_EXISTS if the port is taken."""
        self._node.core.start_axon()

    def stop(self) -> None:
        """Refuses new requests and stops. May be called twice."""
        self._node.core.stop_axon()

    def learn(self, model: torch.nn.Module) -> None:
        """Adds what others taught the copies of ``model`` since the last call to its gradients, as
        far as the options ``learn_from`` and ``known`` let them. Between ``backward()`` and the
        optimizer's ``step()``."""
        self._node.core.learn_from_others(list(model.parameters()))
        self._learnt += 1  # A step of training, for `bittensor status`.
        self._node.core.step_done(self._learnt, 0, None)

    @property
    def port(self) -> int:
        """The port taken; 0 before start()."""
        return self._node.core.axon_port()

    @property
    def stats(self) -> Dict[str, int]:
        """What came in since the start: questions answered, refused and failed, and what others
        taught."""
        return {name: count for name, count in self._node.core.stats().items()
                if name.startswith("requests") or name.endswith("taken")}


class Dendrite(_Part):
    """The client of a neuron: has others' synapses answer mini-batches.

    All are asked at the same time, and the answers are there by the config's ``timeout`` whatever
    they do: one that is late or gone shows in its `Answer`. Where inputs require a gradient,
    ``backward()`` asks the peers for it, again all at once. For the training thread.

    Asked are synapses that answer as wide as the one that the metagraph subscribed, with 1024
    numbers a row if there is none; or as ``schema`` says, for a neuron that only asks.
    """

    def __init__(self, config: Config, schema: Union[Schema, str, None] = None):
        super().__init__(config)
        if schema is not None:
            self._node.core.set_schema(Schema.of(schema)._core)

    def to(self, device) -> "Dendrite":
        """Answers come to where the requests are; there is nothing to move."""
        torch.device(device)
        return self

    def available(self, synapses: Synapses, inputs) -> List[_core.SynapseRecord]:
        """Those of ``synapses`` that can be asked about such ``inputs`` now: their schema fits and
        they do not rest after failures."""
        text = not isinstance(inputs, torch.Tensor)
        modality = "text" if text else "image" if inputs.dim() == 4 else "tensor"
        return self._node.core.available(list(synapses), modality,
                                         list(inputs) if text else inputs)

    def teach(self, synapses: Synapses, responses: Sequence[_core.Answer],
              modality: str = "image") -> None:
        """After ``backward()``: gives each peer the gradient of its answer, for its model to learn
        from, if it takes that from this neuron. Waits for nothing."""
        self._node.core.teach(modality, list(synapses), list(responses))

    def forward_text(self, synapses: Synapses, requests: Sequence[List[str]]) -> List[_core.Answer]:
        """One Answer ``[rows, sequence, network_dim]`` a synapse, in their order."""
        return self._node.core.forward("text", list(synapses), list(requests))

    def forward_image(self, synapses: Synapses,
                      requests: Sequence[torch.Tensor]) -> List[_core.Answer]:
        """One Answer ``[rows, network_dim]`` a synapse, of ``[rows, channels, rows, cols]`` each.
        A request without rows is not sent."""
        return self._node.core.forward("image", list(synapses), list(requests))

    def forward_tensor(self, synapses: Synapses,
                       requests: Sequence[torch.Tensor]) -> List[_core.Answer]:
        """One Answer ``[rows, network_dim]`` a synapse, of ``[rows, ...]`` each."""
        return self._node.core.forward("tensor", list(synapses), list(requests))
