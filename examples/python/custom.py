# SPDX-License-Identifier: MIT
"""A model of your own, joined to the network: custom.py MNIST_FOLDER [METAGRAPH_HOST:PORT]"""

import sys

import torch
from torch import nn

import bittensor_cpp

from mnist_data import read_mnist

model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1024), nn.ReLU())
classes = nn.Linear(1024, 10)
loader = torch.utils.data.DataLoader(read_mnist(sys.argv[1], "train"), 64, shuffle=True)

with bittensor_cpp.Neuron(model, schema="image:1x28x28", bootstrap=sys.argv[2:]) as neuron:
    parameters = [*neuron.parameters(), *classes.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.03, momentum=0.9)
    for (images, labels), question in neuron.ahead(loader):
        loss = nn.functional.cross_entropy(classes(model(images)), labels)
        network = neuron.context(question)  # [batch, 1024]: what the others say; None: nobody did
        if network is not None:
            loss = loss + nn.functional.cross_entropy(classes(network), labels)
        neuron.step(loss, optimizer)
