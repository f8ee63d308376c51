# SPDX-License-Identifier: MIT
"""A model of your own, joined to the network: custom.py MNIST_FOLDER [METAGRAPH_HOST:PORT]"""

import sys

import torch
import torch.nn.functional as F
from torch import nn

import bittensor_cpp

from mnist_data import read_mnist


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1024), nn.ReLU())
        self.classes = nn.Linear(1024, 10)

    def forward(self, images):  # What others get, [batch, 1024].
        return self.features(images)


model = Model()
loader = torch.utils.data.DataLoader(read_mnist(sys.argv[1], "train"), 64, shuffle=True)

peers = sys.argv[2:]

with bittensor_cpp.Neuron(model, schema="image:1x28x28", bootstrap=peers,
                          min_peers=len(peers)) as neuron:
    for (images, labels), question in neuron.ahead(loader):
        loss = F.cross_entropy(model.classes(model(images)), labels)
        network = neuron.context(question)  # [batch, 1024]: what the others say; None: not asked
        if network is not None:
            loss = loss + F.cross_entropy(model.classes(network), labels)
        neuron.step(loss)
    print(neuron, neuron.stats)
