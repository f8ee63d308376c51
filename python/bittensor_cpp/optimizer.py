# SPDX-License-Identifier: MIT
"""The optimizer that a neuron has unless told otherwise."""

import torch

from bittensor_cpp import _core


class SGD(torch.optim.SGD):
    """torch.optim.SGD, with the same numbers, options and state, but with one pass through memory
    instead of three: for a model of linear layers and small batches that is a fifth of a step.

    What is not plain momentum over dense float32 on the CPU is left to torch.
    """

    @torch.no_grad()
    def step(self, closure=None):
        moved = [(group, [one for one in group["params"] if one.grad is not None])
                 for group in self.param_groups]
        if closure is not None or not all(_is_plain(group) and all(map(self._takes, parameters))
                                          for group, parameters in moved):
            return super().step(closure)
        for group, parameters in moved:
            _core.descend(parameters, [self._velocity(one) for one in parameters],
                          float(group["lr"]), group["momentum"])
        return None

    def _takes(self, parameter: torch.Tensor) -> bool:
        return _core.can_descend(parameter, self.state.get(parameter, {}).get("momentum_buffer"))

    def _velocity(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        return state["momentum_buffer"]


def _is_plain(group) -> bool:
    return group["momentum"] != 0 and not any(
        group.get(name) for name in ("weight_decay", "dampening", "nesterov", "maximize",
                                     "differentiable"))
