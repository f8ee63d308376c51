# SPDX-License-Identifier: MIT
"""Who is asked about what, and how much each answer counts."""

from typing import List, Optional, Sequence, Tuple, Union

import torch

from bittensor_cpp import _core
from bittensor_cpp.schema import NETWORK_DIM

Batch = Union[torch.Tensor, List[str]]


class Router(torch.nn.Module):
    """A small trainable model that learns which synapses to ask for each sample of a batch, and
    joins their answers. A torch.nn.Module like any other: its parameters are the library's own
    tensors, and go into the optimizer with the model's.

    ``x_dim``: of the context; ``key_dim``: of what is learnt about each synapse; ``topk``: how many
    synapses each row is sent to.
    """

    def __init__(self, x_dim: int = NETWORK_DIM, key_dim: int = 100, topk: int = 10,
                 network_dim: int = NETWORK_DIM):
        super().__init__()
        self._core = _core.Router(x_dim, key_dim, topk, network_dim)
        self._route: Optional[_core.Route] = None
        for name, tensor in self._core.named_parameters():
            # Not torch.nn.Parameter(tensor): that would be another tensor on the same storage,
            # and gradients would not arrive.
            tensor._is_param = True
            owner, last = self._place(name)
            owner._parameters[last] = tensor
        self._adopt_buffers()

    def _adopt_buffers(self) -> None:
        for name, tensor in self._core.named_buffers():
            owner, last = self._place(name)
            owner._buffers[last] = tensor

    def _apply(self, *arguments, **more):
        super()._apply(*arguments, **more)
        self._adopt_buffers()  # They stay where they are: to() would make others of them.
        return self

    def _place(self, name: str) -> Tuple[torch.nn.Module, str]:
        owner: torch.nn.Module = self
        *path, last = name.split(".")
        for part in path:
            if part not in owner._modules:
                owner.add_module(part, torch.nn.Module())
            owner = owner._modules[part]  # type: ignore[assignment]
        return owner, last

    def train(self, mode: bool = True) -> "Router":
        """In training mode the choice is noisy and some rows explore."""
        self._core.train(mode)
        return super().train(mode)

    def route(self, synapses: Sequence[_core.SynapseRecord], context: torch.Tensor, inputs: Batch,
              weights: Optional[torch.Tensor] = None) -> Tuple[List[Batch], torch.Tensor]:
        """Chooses for each row of ``inputs`` whom to ask, by ``context [batch, x_dim]`` and, if
        given, the metagraph's ``weights [n]``.

        Gives ``requests``, one mini-batch for each of the n synapses (some may have no rows), and
        ``scores [batch, n]``: how much each answer will count, 0 where a row is not sent, in sum 1.
        """
        text = not isinstance(inputs, torch.Tensor)
        self._route = self._core.route(list(synapses), weights, context,
                                       "text" if text else "tensor",
                                       list(inputs) if text else inputs)
        return self._route.requests, self._route.scores

    def join(self, responses: Sequence[_core.Answer], length: int = 0) -> Optional[torch.Tensor]:
        """The network context, ``[batch, network_dim]`` (text: ``[batch, length, network_dim]``):
        of each row the mean of its answers by score. Those that failed do not count; a row without
        any answer is zeros. Differentiable in scores and answers. None if nobody answered."""
        if self._route is None:
            raise RuntimeError("join() joins what route() sent: call that first")
        if not any(response.ok and response.output.shape[0] > 0 for response in responses):
            return None
        return self._core.join(self._route, list(responses), length)

    @property
    def balance_loss(self) -> torch.Tensor:
        """Of the last route(), a scalar to be added to the loss: 0 when all synapses share the
        load, positive when some get more of it."""
        if self._route is None:
            raise RuntimeError("route() was not called")
        return self._route.balance_loss

    def forget_newcomers(self, optimizer: torch.optim.Optimizer) -> None:
        """Zeros what ``optimizer`` remembers of places that went to other synapses since the last
        time. Before its step."""
        slots = self._core.take_reassigned()
        if slots.numel() == 0:
            return
        keys = self._core.keys()
        for name, moment in optimizer.state.get(keys, {}).items():
            if isinstance(moment, torch.Tensor) and moment.shape == keys.shape:
                moment[slots] = 0

    def __deepcopy__(self, memo):
        raise TypeError("a Router cannot be copied: make another and load_state_dict() into it")

    def __reduce__(self):
        raise TypeError("a Router cannot be pickled: save its state_dict()")
