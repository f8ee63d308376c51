# SPDX-License-Identifier: MIT
"""What the tests of the package share."""

import itertools
import os
import pathlib
import sys

import pytest
import torch
from torch import nn

BUILD = pathlib.Path(os.environ.get("BITTENSOR_BUILD", "build/release")).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUILD / "python"))

import bittensor_cpp  # noqa: E402

DIM = 8  # network_dim of the tests' synapses

_names = itertools.count()


class Scale(nn.Module):
    """Answers a tensor [batch, DIM] with ``factor`` times it."""

    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, inputs):
        return self.factor * inputs


@pytest.fixture
def options(tmp_path):
    """Options of another neuron at each call."""
    def make(**more):
        return dict(axon_port=0, metagraph_port=0, listen_ip="127.0.0.1", record_difficulty=0,
                    neuron_key=tmp_path / f"{next(_names)}" / "neuron.key", **more)
    return make


@pytest.fixture
def neuron(options):
    """Makes neurons of tensors [batch, DIM] that run until the test ends."""
    made = []

    def make(model=None, join=None, schema=None, **more):
        schema = schema or bittensor_cpp.Schema("tensor", [DIM], network_dim=DIM)
        bootstrap = [join.address] if join else []
        forward, predict = more.pop("forward", None), more.pop("predict", None)
        one = bittensor_cpp.Neuron(Scale() if model is None else model, schema, forward, predict,
                                   bootstrap=bootstrap, **options(**more))
        made.append(one)
        one.start()
        if join:
            assert one.wait_for_peers(1) and join.wait_for_peers(1)
        return one

    yield make
    for one in made:
        one.stop()
