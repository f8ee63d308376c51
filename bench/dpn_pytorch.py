#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The CIFAR neuron's model trained by a plain PyTorch loop: what a training benchmark compares with.

The layers of DpnSynapse on its local path (encoder, student, joint, target; the loss is
local_target_loss), the same batch size, optimizer and normalisation. The images lie in memory and
a batch is one gather: nothing of a data loader's own cost is counted, nor shifts and mirrors.
Gradients are set to None, as PyTorch recommends; --channels_last also takes its advice on the
order of images in memory. Prints images/s over the epoch and the training loss at its end.
"""

import argparse
import pathlib
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "dpn"))
import dpn  # noqa: E402

MEAN = torch.tensor([0.49139968, 0.48215841, 0.44653091]).view(3, 1, 1)
DEVIATION = torch.tensor([0.24703223, 0.24348513, 0.26158784]).view(3, 1, 1)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = dpn.DualPathNetwork(**{**dpn.DPN26_SMALL, "outputs": 1024})
        self.student = nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 1024))
        self.joint = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 1024))
        self.target = nn.Linear(1024, 10)

    def forward(self, images):
        context = F.relu(self.encoder(images))
        student = self.student(context.detach())
        return self.target(torch.tanh(self.joint(context + student) + context))


def read(folder):
    """Images uint8 [n, 3, 32, 32] and labels of the training files that there are."""
    files = sorted(folder.glob("data_batch_?.bin"))
    records = numpy.concatenate([numpy.fromfile(file, numpy.uint8) for file in files])
    records = torch.from_numpy(records).view(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True,
                        help="folder with the binary version")
    parser.add_argument("--images", type=int, default=50000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--channels_last", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    order = torch.channels_last if options.channels_last else torch.contiguous_format
    images, labels = read(options.data)
    images, labels = images[:options.images], labels[:options.images]
    model = Model().to(memory_format=order)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)

    start = time.perf_counter()
    last = []
    for rows in torch.randperm(len(images)).split(options.batch):
        batch = ((images[rows].float() / 255 - MEAN) / DEVIATION).contiguous(memory_format=order)
        loss = F.cross_entropy(model(batch), labels[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        last = last[-19:] + [loss.detach()]
    seconds = time.perf_counter() - start
    print(f"{len(images) / seconds:.1f} {torch.stack(last).mean():.4f}")


if __name__ == "__main__":
    main()
