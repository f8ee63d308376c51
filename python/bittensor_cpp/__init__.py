# SPDX-License-Identifier: MIT
"""Models that learn from each other over a network: Bittensor in C++, for PyTorch.

The short way, a neuron around any ``torch.nn.Module`` that answers a batch with ``[batch, 1024]``::

    with bittensor_cpp.Neuron(model, schema="image:1x28x28", bootstrap=["localhost:8092"]) as neuron:
        for images, labels in loader:
            network = neuron.context(images)  # [batch, 1024], what the others say; None: nobody did
            neuron.step(loss_of(model, images, labels, network))

The parts by themselves, in the words of the architecture: `Config`, `Synapse`, `Metagraph`, `Axon`,
`Dendrite`, `Router`, and ``bittensor_cpp.model_toolbox`` for checkpoints.

What goes wrong out there is a `StatusError`. Every call that waits or computes lets other threads
of Python run, and ends with Ctrl-C.
"""

import torch as _torch

from bittensor_cpp._build import TORCH_VERSION as _TORCH_VERSION

if _torch.__version__.split(".")[:2] != _TORCH_VERSION.split("."):
    raise ImportError(
        f"bittensor_cpp was built with torch {_TORCH_VERSION} and cannot be used with torch "
        f"{_torch.__version__}: build it again with this one, or start the Python of that one")

from bittensor_cpp import model_toolbox
from bittensor_cpp._core import Answer, SynapseRecord
from bittensor_cpp.config import Config
from bittensor_cpp.errors import StatusError
from bittensor_cpp.neuron import Neuron
from bittensor_cpp.optimizer import SGD
from bittensor_cpp.parts import Axon, Dendrite, Metagraph
from bittensor_cpp.router import Router
from bittensor_cpp.schema import Schema
from bittensor_cpp.synapse import Synapse

__version__ = "0.1.0"
__all__ = ["Answer", "Axon", "Config", "Dendrite", "Metagraph", "Neuron", "Router", "SGD",
           "Schema", "StatusError", "Synapse", "SynapseRecord", "model_toolbox"]
