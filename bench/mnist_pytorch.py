#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The MNIST neuron's model trained by a plain PyTorch loop: what train_bench.py compares with.

The layers of MnistSynapse on its local path (encoder, student, joint, target; the loss is
local_target_loss), the same batch size, optimizer, learning rate and normalisation. The images lie
in memory and a batch is one gather: nothing of a data loader's own cost is counted. Gradients are
set to None, as PyTorch recommends. Prints images/s over the epoch and the training loss at its end.
"""

import argparse
import pathlib
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

MEAN, DEVIATION = 0.1307, 0.3081


def read_idx(path, header):
    return torch.from_numpy(numpy.fromfile(path, numpy.uint8)[header:].copy())


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.pixels = nn.Linear(32 * 32, 512)
        self.features = nn.Linear(512, 1024)
        self.student = nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 1024))
        self.joint = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 1024))
        self.target = nn.Linear(1024, 10)

    def forward(self, images):
        grey = F.interpolate(images, size=(32, 32), mode="bilinear", align_corners=False)
        context = F.relu(self.features(F.relu(self.pixels(grey.flatten(1)))))
        student = self.student(context.detach())
        return self.target(torch.tanh(self.joint(context + student) + context))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with the IDX files")
    parser.add_argument("--images", type=int, default=60000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    images = read_idx(options.data / "train-images-idx3-ubyte", 16).view(-1, 1, 28, 28)
    labels = read_idx(options.data / "train-labels-idx1-ubyte", 8).long()
    images, labels = images[:options.images], labels[:options.images]
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)

    order = torch.randperm(len(images))
    start = time.perf_counter()
    last = []
    for rows in order.split(options.batch):
        batch = (images[rows].float() / 255 - MEAN) / DEVIATION
        loss = F.cross_entropy(model(batch), labels[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        last = last[-19:] + [loss.detach()]
    seconds = time.perf_counter() - start
    print(f"{len(images) / seconds:.1f} {torch.stack(last).mean():.4f}")


if __name__ == "__main__":
    main()
