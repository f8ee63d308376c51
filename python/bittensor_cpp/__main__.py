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
from bittensor_cpp.schema import NETWORK_DIM


def load(name: str) -> torch.nn.Module:
    """The model that ``name`` says: a file of TorchScript, or package.module:factory."""
    if os.path.exists(name):
        return torch.jit.load(name)
    module, colon, factory = name.partition(":")
    if not colon:
        sys.exit(f"'{name}' is neither a file nor package.module:factory")
    sys.path.insert(0, os.getcwd())
    return getattr(importlib.import_module(module), factory)()


def main() -> None:
    """Serves until it is told to stop (SIGINT, SIGTERM)."""
    parser = argparse.ArgumentParser(prog="bittensor_cpp", description=__doc__, add_help=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("model", help="package.module:factory, or a file of TorchScript")
    parser.add_argument("--schema", help="what it takes: image:3x32x32, tensor:512, text")
    parser.add_argument("--network_dim", type=int, default=NETWORK_DIM, help="what it answers")
    if len(sys.argv) < 2 or {"-h", "--help"} & set(sys.argv):
        parser.print_help()
        bittensor_cpp.Config.parse(["--help"])
    arguments, rest = parser.parse_known_args()
    config = bittensor_cpp.Config.parse(rest)
    model = load(arguments.model)
    schema = None
    if arguments.schema:
        short = bittensor_cpp.Schema.of(arguments.schema)
        schema = bittensor_cpp.Schema(short.modality, short.shape, network_dim=arguments.network_dim)

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        axon, metagraph = bittensor_cpp.Axon(config), bittensor_cpp.Metagraph(config)
        axon.serve(model, schema)
        axon.start()
        metagraph.subscribe(model, schema)
        metagraph.start()
    except (bittensor_cpp.StatusError, TypeError) as error:
        sys.exit(f"bittensor_cpp: {error}")
    print(f"serves {arguments.model} as {metagraph.key[:8]} at axon {axon.port}, "
          f"metagraph {metagraph.address}", flush=True)
    while not stop.wait(0.2):
        pass
    axon.stop()
    metagraph.stop()


if __name__ == "__main__":
    main()
