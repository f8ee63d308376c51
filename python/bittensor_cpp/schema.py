# SPDX-License-Identifier: MIT
"""What a synapse takes and gives."""

from typing import Optional, Sequence, Union

import torch

from bittensor_cpp import _core

NETWORK_DIM = 1024
_TYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float64": torch.float64,
          "int64": torch.int64, "int32": torch.int32, "uint8": torch.uint8}


class Schema:
    """What a synapse takes and gives. It travels with the neuron's record.

    ``modality``: ``"text"`` (a list of str), ``"image"`` (``[batch, channels, rows, cols]``) or
    ``"tensor"`` (``[batch, ...]``). ``shape``: of one row of the inputs, without batch; -1: any
    size. Every synapse answers ``[batch, network_dim]``, to text
    ``[batch, sequence, network_dim]``. ``task`` and ``classes`` name what it predicts beside its
    answers, if it does: synapses of the same task mean the same by a class.
    """

    def __init__(self, modality: str, shape: Sequence[int] = (), dtype: torch.dtype = torch.float32,
                 network_dim: int = NETWORK_DIM, task: str = "", classes: int = 0):
        self._core = _core.Schema(modality, list(shape), dtype, network_dim, task, classes)
        self.modality, self.shape, self.dtype = modality, tuple(shape), dtype
        self.network_dim, self.task, self.classes = network_dim, task, classes

    @staticmethod
    def of(schema: Union["Schema", str]) -> "Schema":
        """A schema as it is, or of its short form: ``"image:1x28x28"``, ``"tensor:512"``,
        ``"tensor:128:int64"``, ``"text"``; ``?`` for any size, as in ``"image:3x?x?"``."""
        if isinstance(schema, Schema):
            return schema
        if not isinstance(schema, str):
            raise TypeError(f"a schema is a Schema or a str like 'image:1x28x28', not {schema!r}")
        core = _core.parse_schema(schema)
        return Schema(core.modality, core.shape, _TYPES.get(schema.split(":")[-1], torch.float32))

    def __repr__(self) -> str:
        return f"<schema {self._core!r}>"

    def __reduce__(self):
        return Schema, (self.modality, self.shape, self.dtype, self.network_dim, self.task,
                        self.classes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash(self.__reduce__()[1])
