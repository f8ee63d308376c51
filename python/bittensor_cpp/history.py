# SPDX-License-Identifier: MIT
"""How training went, for looking at it."""

import collections
from typing import Deque, Dict, Optional, Tuple

import torch

_KEPT = 20_000  # steps


class History:
    """Of the latest steps: ``losses`` are (step, loss), ``weights`` (step, weight by key)."""

    def __init__(self) -> None:
        self._losses: Deque[Tuple[int, torch.Tensor]] = collections.deque(maxlen=_KEPT)
        self.weights: Deque[Tuple[int, Dict[str, float]]] = collections.deque(maxlen=_KEPT // 10)

    def add(self, step: int, loss: Optional[torch.Tensor],
            weights: Optional[Dict[str, float]]) -> None:
        """What is known after a step; None: not known."""
        if loss is not None:
            self._losses.append((step, loss.detach()))
        if weights:
            self.weights.append((step, weights))

    @property
    def losses(self) -> "list[Tuple[int, float]]":
        return [(step, loss.item()) for step, loss in self._losses]

    def plot(self, title: str):
        """A figure of matplotlib: the losses, and the weight of each peer. ImportError without
        matplotlib."""
        from matplotlib import pyplot

        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
        pyplot.close(figure)  # Or notebooks would show it twice.
        figure.suptitle(f"neuron {title[:8]}")
        left.plot(*zip(*self.losses) if self._losses else ([], []), linewidth=0.8)
        left.set(xlabel="step", ylabel="loss")
        for key in sorted({key for _, weights in self.weights for key in weights}):
            points = [(step, weights[key]) for step, weights in self.weights if key in weights]
            right.plot(*zip(*points), label=key[:8])
        right.set(xlabel="step", ylabel="weight of each peer")
        if right.lines:
            right.legend()
        return figure
