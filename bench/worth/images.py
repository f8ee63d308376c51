# SPDX-License-Identifier: MIT
"""Digits and photographs: the data and the models of the neurons mnist and cifar, in PyTorch.

The layers on the local path (encoder, student, joint, target), the optimizer, batch size, schedule
and augmentation are those of the C++ programs."""

import math
import pathlib
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "dpn"))
import dpn  # noqa: E402
import shares  # noqa: E402

DIM = 1024


class Classifier(nn.Module):
    """What comes after an encoder, as in synapses/image_classifier.h."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.student = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, DIM))
        self.joint = nn.Sequential(nn.Linear(DIM, 256), nn.ReLU(), nn.Linear(256, DIM))
        self.target = nn.Linear(DIM, 10)

    def forward(self, images):
        context = F.relu(self.encoder(images))
        joined = context + self.student(context.detach())
        return self.target(torch.tanh(self.joint(joined) + context))


class Digits(nn.Sequential):
    """The encoder of synapses/mnist, before its last ReLU."""

    def __init__(self):
        super().__init__(nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, DIM))

    def forward(self, images):
        grey = F.interpolate(images, size=(32, 32), mode="bilinear", align_corners=False)
        return super().forward(grey.flatten(1))


def cosine_rate(progress):
    """learning_rate_at() of one epoch, over the run."""
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress))


def one_cycle_rate(progress):
    """one_cycle_at() of bittensor/neuron/training.cc."""
    if progress < 0.2:
        return 0.05 + 0.95 * progress / 0.2
    return 0.002 + 0.998 * max(0, 1 - progress) / 0.8


class Images:
    """Labelled images in shares, and how to learn from them."""

    batch_size = 64
    max_gradient_norm = None

    def __init__(self, options):
        self.options = options
        self.train_images, self.train_labels = self.read(options.data, train=True)
        self.test_images, self.test_labels = self.read(options.data, train=False)
        if options.test_images:
            self.test_images = self.test_images[:options.test_images]
            self.test_labels = self.test_labels[:options.test_images]
        sizes = options.sizes or [options.labels] * options.neurons
        parts = shares.partition(self.train_labels.tolist(), options.of or options.neurons,
                                 options.share_seed or options.seed, options.alpha, max(sizes))
        self.shares = [numpy.array(part[:size]) for part, size in zip(parts, sizes)]

    def union(self):
        return numpy.concatenate(self.shares)

    def batches(self, share, seed):
        """Endless batches; every sample once an epoch."""
        random = numpy.random.RandomState(seed)
        queue = numpy.empty(0, int)
        while True:
            while len(queue) < self.batch_size:
                queue = numpy.concatenate([queue, random.permutation(share)])
            rows, queue = queue[:self.batch_size], queue[self.batch_size:]
            rows = torch.from_numpy(rows)
            yield self.views(self.train_images[rows], random), self.train_labels[rows]

    def views(self, images, random):
        return self.normalised(images)

    def loss(self, model, batch):
        return F.cross_entropy(model(batch[0]), batch[1])

    def test(self, model):
        """Accuracy in percent, and loss in nats."""
        model.eval()
        right = loss = 0
        with torch.no_grad():
            for begin in range(0, len(self.test_images), 250):
                labels = self.test_labels[begin:begin + 250]
                logits = model(self.normalised(self.test_images[begin:begin + 250]))
                loss += F.cross_entropy(logits, labels, reduction="sum").item()
                right += (logits.argmax(1) == labels).sum().item()
        model.train()
        return {"accuracy": 100 * right / len(self.test_images),
                "loss": loss / len(self.test_images)}


class Mnist(Images):
    learning_rate = 0.03
    rate = staticmethod(cosine_rate)

    @staticmethod
    def read(folder, train):
        name = "train" if train else "t10k"
        images = numpy.fromfile(folder / f"{name}-images-idx3-ubyte", numpy.uint8)[16:]
        labels = numpy.fromfile(folder / f"{name}-labels-idx1-ubyte", numpy.uint8)[8:]
        return (torch.from_numpy(images.copy()).view(-1, 1, 28, 28),
                torch.from_numpy(labels.copy()).long())

    def normalised(self, images):
        return (images.float() / 255 - 0.13066) / 0.30811

    def model(self):
        return Classifier(Digits())

    def optimizer(self, model):
        return torch.optim.SGD(model.parameters(), self.learning_rate, momentum=0.9)


class Cifar(Images):
    learning_rate = 0.1
    rate = staticmethod(one_cycle_rate)
    mean = torch.tensor([0.49139968, 0.48215841, 0.44653091]).view(3, 1, 1)
    deviation = torch.tensor([0.24703223, 0.24348513, 0.26158784]).view(3, 1, 1)

    @staticmethod
    def read(folder, train):
        inner = folder / "cifar-10-batches-bin"
        folder = inner if inner.exists() else folder
        names = sorted(folder.glob("data_batch_?.bin")) if train else [folder / "test_batch.bin"]
        records = numpy.concatenate([numpy.fromfile(name, numpy.uint8) for name in names])
        records = torch.from_numpy(records).view(-1, 3073)
        return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()

    def normalised(self, images):
        images = (images.float() / 255 - self.mean) / self.deviation
        return images.contiguous(memory_format=torch.channels_last)

    def views(self, images, random):
        """Each a little shifted or mirrored, its edges of the mean colour."""
        images = self.normalised(images)
        padded = F.pad(images, (4, 4, 4, 4))
        places = random.randint(0, 9, (len(images), 2))
        mirrored = random.rand(len(images)) < 0.5
        cut = [padded[i, :, down:down + 32, right:right + 32].flip(2) if mirror else
               padded[i, :, down:down + 32, right:right + 32]
               for i, ((down, right), mirror) in enumerate(zip(places, mirrored))]
        return torch.stack(cut).contiguous(memory_format=torch.channels_last)

    def model(self):
        encoder = dpn.DualPathNetwork(**{**dpn.DPN26_SMALL, "outputs": DIM})
        return Classifier(encoder).to(memory_format=torch.channels_last)

    def optimizer(self, model):
        return torch.optim.SGD(model.parameters(), self.learning_rate, momentum=0.9, nesterov=True,
                               weight_decay=5e-4)
