# SPDX-License-Identifier: MIT
"""A model that is offered to the network."""

from typing import Callable, List, Optional, Union

import torch

from bittensor_cpp import _core
from bittensor_cpp.schema import Schema

Forward = Callable[[torch.nn.Module, Union[torch.Tensor, List[str]]], torch.Tensor]
Predict = Callable[[torch.nn.Module, torch.Tensor], torch.Tensor]


class Synapse(torch.nn.Module):
    """A model offered to the network, written as any torch module: an ``__init__`` that makes its
    parts, the ``forward_…`` of its modality, and a ``schema``::

        class Doubler(bittensor_cpp.Synapse):
            schema = bittensor_cpp.Schema("tensor", [1024])

            def forward_tensor(self, inputs):
                return 2 * inputs

    Others see copies of it (``copy.deepcopy``) in evaluation mode. Rows of several callers are
    joined into one batch: each must get the answer that it would get alone. What it raises is told
    to its caller alone. Any other ``torch.nn.Module`` does as well: see `Neuron`.
    """

    schema: Union[Schema, str]

    def forward_text(self, inputs: List[str]) -> torch.Tensor:
        """``[batch, sequence, network_dim]``; position 1 + i is of word i, 0 of the whole text."""
        raise NotImplementedError("synapse does not take text")

    def forward_image(self, inputs: torch.Tensor) -> torch.Tensor:
        """``[batch, network_dim]``, of ``inputs [batch, channels, rows, cols]``."""
        raise NotImplementedError("synapse does not take images")

    def forward_tensor(self, inputs: torch.Tensor) -> torch.Tensor:
        """``[batch, network_dim]``, of ``inputs [batch, ...]``."""
        raise NotImplementedError("synapse does not take tensors")

    def predict(self, outputs: torch.Tensor) -> torch.Tensor:
        """Of a synapse whose schema has a task: logits ``[batch, classes]`` of its answers
        ``outputs [batch, network_dim]``."""
        raise NotImplementedError("synapse has no task")


def _call(module, inputs):
    return module(inputs)


def _forward_text(module, inputs):
    return module.forward_text(inputs)


def _forward_image(module, inputs):
    return module.forward_image(inputs)


def _forward_tensor(module, inputs):
    return module.forward_tensor(inputs)


def _predict(module, outputs):
    return module.predict(outputs)


_OF_MODALITY = {"text": _forward_text, "image": _forward_image, "tensor": _forward_tensor}


def schema_of(module: torch.nn.Module, schema: Union[Schema, str, None]) -> Schema:
    """The schema that is given, or that the module has."""
    if schema is None:
        schema = getattr(module, "schema", None)
    if schema is None:
        raise TypeError(f"what {type(module).__name__} takes is not known: pass "
                        "schema='image:1x28x28' or the like")
    return Schema.of(schema)


def forward_of(module: torch.nn.Module, schema: Schema, forward: Optional[Forward]) -> Forward:
    """``forward(module, inputs)``: as given, the module's ``forward_…``, or the module itself."""
    if forward is not None:
        return forward
    of_modality = _OF_MODALITY[schema.modality]
    return of_modality if hasattr(module, "forward_" + schema.modality) else _call


def core_synapse(module: torch.nn.Module, schema: Union[Schema, str, None] = None,
                 forward: Optional[Forward] = None,
                 predict: Optional[Predict] = None) -> _core.Synapse:
    """The module as the library's synapse: its parameters are the module's own tensors."""
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"a synapse is a torch.nn.Module, not a {type(module).__name__}")
    schema = schema_of(module, schema)
    if schema.task and predict is None:
        if not hasattr(module, "predict"):
            raise TypeError(f"{type(module).__name__} has the task '{schema.task}' but no "
                            "predict(outputs): pass predict=, or a schema without a task")
        predict = _predict
    return _core.Synapse(module, forward_of(module, schema, forward), predict, schema._core)
