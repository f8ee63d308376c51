# SPDX-License-Identifier: MIT
"""The model of the MNIST examples: that of the C++ neuron mnist, in PyTorch."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

import bittensor_cpp


class MnistSynapse(bittensor_cpp.Synapse):
    """An encoder, a student that guesses what the network would say, and a part that joins them."""

    schema = bittensor_cpp.Schema("image", [-1, -1, -1])  # any images -> [batch, 1024]

    def __init__(self):
        super().__init__()
        # By the names and in the order of synapses/mnist, for checkpoints of either.
        self.student = nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 1024))
        self.joint = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 1024))
        self.target = nn.Linear(1024, 10)
        self.pixels = nn.Linear(32 * 32, 512)
        self.features = nn.Linear(512, 1024)

    def encode(self, images):  # [batch, channels, rows, cols] -> [batch, 1024]
        grey = images if images.size(1) == 1 else images.mean(dim=1, keepdim=True)
        grey = F.interpolate(grey, size=(32, 32), mode="bilinear", align_corners=False)
        return F.relu(self.features(F.relu(self.pixels(grey.flatten(1)))))

    def join(self, joined, past):  # [batch, 1024], each
        return torch.tanh(self.joint(joined) + past)

    def forward_image(self, images):  # what others get
        context = self.encode(images)
        return self.join(context + self.student(context), context)

    def forward(self, context, labels, network=None):
        student = self.student(context.detach())
        output = SimpleNamespace()
        output.local_output = self.join(context + student, context)
        output.local_target = self.target(output.local_output)
        output.local_target_loss = F.cross_entropy(output.local_target, labels)
        output.loss = output.local_target_loss
        if network is not None:
            network = network.clamp(-1, 1)
            output.network_output = self.join(network, network)
            output.network_target = self.target(output.network_output)
            output.network_target_loss = F.cross_entropy(output.network_target, labels)
            output.distillation_loss = F.mse_loss(student, network.detach())
            output.loss = (output.local_target_loss + output.network_target_loss +
                           output.distillation_loss)
        return output
