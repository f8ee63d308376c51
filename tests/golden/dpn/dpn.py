# SPDX-License-Identifier: MIT
"""Dual Path Networks (Chen et al., arXiv 1707.01629) in PyTorch, written from the paper.

The oracle of synapses/dpn, and the model that bench/dpn_pytorch.py trains: it shares no code with
the C++ one, only the names of parameters and buffers.
"""

import torch
from torch import nn

# A stage: (blocks, grouped, residual, dense, stride): so many blocks, whose 3x3 convolution has
# `grouped` channels; `residual` channels are added to, `dense` ones appended by each block.
DPN92 = dict(channels=3, stem=(64, 7, 2, True), groups=32, outputs=1000,
             stages=[(3, 96, 256, 16, 1), (4, 192, 512, 32, 2),
                     (20, 384, 1024, 24, 2), (3, 768, 2048, 128, 2)])
DPN98 = dict(channels=3, stem=(96, 7, 2, True), groups=40, outputs=1000,
             stages=[(3, 160, 256, 16, 1), (6, 320, 512, 32, 2),
                     (20, 640, 1024, 32, 2), (3, 1280, 2048, 128, 2)])
# For images of 32 x 32: 26 layers, as those are counted.
DPN26_SMALL = dict(channels=3, stem=(24, 3, 1, True), groups=4, outputs=1024,
                   stages=[(1, 32, 48, 8, 1), (2, 64, 96, 16, 2), (5, 128, 192, 16, 2)])


class NormConv(nn.Module):
    """Batch normalisation, ReLU, convolution: the order of pre-activation networks."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups,
                              bias=False)

    def forward(self, x):
        return self.conv(torch.relu(self.norm(x)))


class Block(nn.Module):
    def __init__(self, inputs, stage, groups, first):
        super().__init__()
        _, grouped, self.residual, dense, stride = stage
        stride = stride if first else 1
        # The first block of a stage changes the number of channels of both paths.
        self.shortcut = NormConv(inputs, self.residual + 2 * dense, 1, stride) if first else None
        self.reduce = NormConv(inputs, grouped, 1)
        self.grouped = NormConv(grouped, grouped, 3, stride, groups)
        self.expand = NormConv(grouped, self.residual + dense, 1)

    def forward(self, x):
        old = x if self.shortcut is None else self.shortcut(x)
        new = self.expand(self.grouped(self.reduce(x)))
        n = self.residual
        return torch.cat([old[:, :n] + new[:, :n], old[:, n:], new[:, n:]], 1)


class DualPathNetwork(nn.Module):
    def __init__(self, channels, stem, groups, stages, outputs):
        super().__init__()
        width, kernel, stride, self.pool = stem
        self.stem = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        blocks = []
        for stage in stages:
            count, _, residual, dense, _ = stage
            for i in range(count):
                blocks.append(Block(width, stage, groups, first=i == 0))
                width = residual + 3 * dense if i == 0 else width + dense
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = torch.relu(self.stem_norm(self.stem(x)))
        if self.pool:
            x = nn.functional.max_pool2d(x, 3, 2, 1)
        for block in self.blocks:
            x = block(x)
        return self.head(torch.relu(self.norm(x)).mean((2, 3)))
