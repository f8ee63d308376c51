# SPDX-License-Identifier: MIT
"""One neuron in Python for python_bench.py: trains an epoch, prints images/s and accuracy.

The loop of examples/python/custom.py around the model of the C++ neuron mnist. With --stay it then
goes on serving.
"""

import argparse
import math
import os
import pathlib
import sys
import time

import numpy
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BITTENSOR_BUILD", ROOT / "build" / "release"))
sys.path[:0] = [str(BUILD / "python"), str(ROOT / "examples" / "python")]

import bittensor_cpp  # noqa: E402
from mnist_synapse import MnistSynapse  # noqa: E402

MEAN, DEVIATION = 0.13066, 0.30811
LEARNING_RATE = 0.03
BATCH = 64


def read(folder, name, count):
    """uint8 [n, 1, 28, 28] and int64 [n], as the C++ neuron keeps them."""
    def idx(kind, header):
        return torch.from_numpy(
            numpy.fromfile(folder / f"{name}-{kind}-ubyte", numpy.uint8)[header:].copy())

    images = idx("images-idx3", 16).view(-1, 1, 28, 28)[:count]
    return images, idx("labels-idx1", 8).long()[:count]


def batches(images, labels, size, order=None):
    order = torch.arange(len(images)) if order is None else order
    for rows in order.split(size):
        yield (images[rows].float() / 255 - MEAN) / DEVIATION, labels[rows]


@torch.no_grad()
def accuracy(model, images, labels):
    model.eval()
    right = sum((model(model.encode(rows), its).local_target.argmax(1) == its).sum().item()
                for rows, its in batches(images, labels, 250))
    return right / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for the key")
    parser.add_argument("--images", type=int, default=60000)
    parser.add_argument("--bootstrap", nargs="*", default=[])
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    images, labels = read(options.data, "train", options.images)
    test_images, test_labels = read(options.data, "t10k", 10000)
    model = MnistSynapse()
    neuron = bittensor_cpp.Neuron(model, bootstrap=options.bootstrap, axon_port=0, metagraph_port=0,
                                  listen_ip="127.0.0.1", min_peers=len(options.bootstrap),
                                  neuron_key=options.folder / "python.key", learn_from="earned")
    with neuron:
        print(neuron.address, flush=True)
        model.train()
        steps = math.ceil(len(images) / BATCH)
        began = time.perf_counter()
        order = torch.randperm(len(images))
        for step, ((rows, its), question) in enumerate(
                neuron.ahead(batches(images, labels, BATCH, order), depth=16)):
            fall = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps))
            neuron.optimizer.param_groups[0]["lr"] = LEARNING_RATE * fall  # As the C++ neuron's.
            context = model.encode(rows)
            network = neuron.context(question, context=context)
            neuron.step(model(context, its, network))
        rate = len(images) / (time.perf_counter() - began)
        print(f"{rate:.1f} {accuracy(model, test_images, test_labels):.4f}", flush=True)
        while options.stay:
            time.sleep(1)


if __name__ == "__main__":
    main()
