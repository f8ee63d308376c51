# SPDX-License-Identifier: MIT
"""Serves a model to the network without training it::

    python3 -m bittensor_cpp serve package.module:factory --schema image:3x32x32 [OPTIONS]
    python3 -m bittensor_cpp serve model.ts --schema image:3x32x32 [OPTIONS]

``factory()`` gives a torch.nn.Module, which answers ``[batch, network_dim]``; a ``Synapse`` has its
schema with it. ``model.ts`` is a file of TorchScript. OPTIONS are a neuron's: ``--help`` lists them.
"""

import argparse
import importlib
import os
import signal
import sys
import threading

import torch

import bittensor_cpp
from bittensor_cpp.schema import Schema
from bittensor_cpp.synapse import forward_of, schema_of

ANY_SIZE = 32  # tried where a model takes all sizes


def load(name: str) -> torch.nn.Module:
    """The model that ``name`` says: a file of TorchScript, or package.module:factory."""
    if os.path.exists(name):
        return torch.jit.load(name)
    module, colon, factory = name.partition(":")
    if not colon:
        sys.exit(f"'{name}' is neither a file nor package.module:factory")
    sys.path.insert(0, os.getcwd())
    return getattr(importlib.import_module(module), factory)()


@torch.no_grad()
def schema_with_dim(model: torch.nn.Module, schema: Schema) -> Schema:
    """The schema with the ``network_dim`` that the model, in evaluation mode, answers with."""
    if schema.modality == "text":
        rows = ["one two", "three"]
    else:
        rows = torch.zeros([2, *(ANY_SIZE if n < 0 else n for n in schema.shape)], dtype=schema.dtype)
    answer = forward_of(model, schema, None)(model, rows)
    if not isinstance(answer, torch.Tensor) or answer.dim() != 2 + (schema.modality == "text"):
        shape = list(answer.shape) if isinstance(answer, torch.Tensor) else type(answer).__name__
        raise TypeError(f"to 2 rows of {schema.modality} it answers {shape}, not [2, network_dim]")
    return Schema(schema.modality, schema.shape, schema.dtype, answer.shape[-1], schema.task,
                  schema.classes)


def main() -> None:
    """Serves until it is told to stop (SIGINT, SIGTERM)."""
    parser = argparse.ArgumentParser(prog="bittensor_cpp", description=__doc__, add_help=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("model", help="package.module:factory, or a file of TorchScript")
    parser.add_argument("--schema", help="what it takes: image:3x32x32, tensor:512, text")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # Read by who started this one.
    if len(sys.argv) < 2 or {"-h", "--help"} & set(sys.argv):
        parser.print_help()
        bittensor_cpp.Config.parse(["--help"])
    arguments, rest = parser.parse_known_args()
    config = bittensor_cpp.Config.parse([*rest, "--learn_from", "off"])

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        torch.set_num_threads(max(1, config.threads or os.cpu_count() or 1))
        model = load(arguments.model).to(config.device).eval()
        schema = schema_with_dim(model, schema_of(model, arguments.schema))
        axon, metagraph = bittensor_cpp.Axon(config), bittensor_cpp.Metagraph(config)
        axon.serve(model, schema)
        axon.start()
        metagraph.subscribe(model, schema)
        metagraph.start()
    except Exception as error:  # The model is a stranger's: whatever it raises is the answer.
        sys.exit(f"bittensor serve: {arguments.model}: {type(error).__name__}: {error}")
    print(f"serves {arguments.model}: {schema._core!r}; axon port {axon.port}, "
          f"metagraph {metagraph.address}", flush=True)
    with axon._node.core.wait("the signal to stop: it serves a model that does not learn"):
        while not stop.wait(0.2):
            pass
    metagraph.stop()
    axon.stop()
    stats = axon.stats
    print(f"answered {stats['requests_answered']} questions, refused {stats['requests_refused']}, "
          f"failed {stats['requests_failed']}")


if __name__ == "__main__":
    main()
