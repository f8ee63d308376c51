# SPDX-License-Identifier: MIT
"""Checkpoints: the files of the C++ neurons (docs/checkpoints.md), in both directions.

Whole or absent, also after a crash; the one before is kept. A model of the same names of parameters
is read whoever wrote it.
"""

import math
import os
from typing import Dict, Mapping, Optional, Tuple

import torch

from bittensor_cpp import _core

_KINDS = {torch.optim.SGD: "SGD", torch.optim.Adam: "Adam", torch.optim.AdamW: "AdamW"}
_MOMENTS = ("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")


def save_model(model: torch.nn.Module, path: "str | os.PathLike", *,
               optimizer: Optional[torch.optim.Optimizer] = None,
               router: Optional[torch.nn.Module] = None, epoch: int = 0, step: int = 0,
               best_test_loss: float = math.inf, kind: str = "",
               config: Optional[Mapping[str, str]] = None) -> None:
    """Writes a checkpoint, whole or not at all; what was at ``path`` stays as ``path.previous``.

    ``kind`` names the model: a C++ neuron resumes checkpoints of its kind (``"mnist"``) only; the
    optimizer must then be over the model's parameters and the router's, in this order. StatusError
    names the file and the reason.
    """
    saved = _core.Checkpoint()
    saved.kind = kind or type(model).__name__
    saved.config = {str(name): str(value) for name, value in (config or {}).items()}
    saved.epoch, saved.step, saved.best_test_loss = epoch, step, best_test_loss
    saved.synapse = _tensors(model)
    if router is not None:
        saved.router = _tensors(router)
    if optimizer is not None:
        saved.optimizer_kind, saved.optimizer = _optimizer_state(optimizer)
    _core.save_checkpoint(os.fspath(path), saved)


def load_model(model: torch.nn.Module, path: "str | os.PathLike",
               optimizer: Optional[torch.optim.Optimizer] = None,
               router: Optional[torch.nn.Module] = None
               ) -> Tuple[torch.nn.Module, Optional[torch.optim.Optimizer], int, float]:
    """Reads a checkpoint into the model and, if given, the optimizer and the router.

    Gives ``model, optimizer, epoch, best_test_loss``. If the file is damaged the one before is
    taken. StatusError: NOT_FOUND, or DATA_LOSS; RuntimeError lists what does not fit the model.
    """
    saved = _core.load_checkpoint(os.fspath(path))
    model.load_state_dict(saved.synapse)
    if router is not None and saved.router:
        router.load_state_dict(saved.router)
    if optimizer is not None and saved.optimizer_kind:
        _load_optimizer_state(optimizer, saved.optimizer_kind, saved.optimizer)
    return model, optimizer, saved.epoch, saved.best_test_loss


def steps_of(path: "str | os.PathLike") -> int:
    """After how many training steps the checkpoint was saved. Errors as load_model()'s."""
    return _core.load_checkpoint(os.fspath(path)).step


def _tensors(module: torch.nn.Module) -> Dict[str, torch.Tensor]:
    return {name: value.detach() for name, value in module.state_dict().items()
            if isinstance(value, torch.Tensor)}


def _kind_of(optimizer: torch.optim.Optimizer) -> str:
    kind = next((_KINDS[one] for one in type(optimizer).__mro__ if one in _KINDS), None)
    if kind is None:
        raise TypeError(f"of optimizers SGD, Adam and AdamW are saved, not {type(optimizer).__name__}")
    return kind


def _optimizer_state(optimizer: torch.optim.Optimizer) -> Tuple[str, Dict[str, torch.Tensor]]:
    kind = _kind_of(optimizer)
    state = optimizer.state_dict()
    tensors = {"learning_rates": torch.tensor([group["lr"] for group in state["param_groups"]],
                                              dtype=torch.float64)}
    for index, remembered in state["state"].items():
        for name in _MOMENTS:
            if remembered.get(name) is not None:
                tensors[f"{index}.{name}"] = remembered[name].detach()
        if "step" in remembered:
            tensors[f"{index}.step"] = torch.tensor(int(remembered["step"]), dtype=torch.int64)
    return kind, tensors


def _load_optimizer_state(optimizer: torch.optim.Optimizer, kind: str,
                          tensors: Mapping[str, torch.Tensor]) -> None:
    if kind != _kind_of(optimizer):
        raise ValueError(f"the checkpoint's optimizer is {kind}, not {_kind_of(optimizer)}")
    state = optimizer.state_dict()
    rates = tensors["learning_rates"].tolist()
    if len(rates) != len(state["param_groups"]):
        raise ValueError(f"the checkpoint's optimizer has {len(rates)} groups of parameters, not "
                         f"{len(state['param_groups'])}")
    for group, rate in zip(state["param_groups"], rates):
        group["lr"] = rate
    state["state"] = {}
    for name, tensor in tensors.items():
        index, _, what = name.partition(".")
        if what == "step":
            tensor = tensor.to(torch.float32)
        if what:
            state["state"].setdefault(int(index), {})[what] = tensor
    optimizer.load_state_dict(state)
