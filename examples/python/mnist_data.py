# SPDX-License-Identifier: MIT
"""MNIST as its four files come, for the examples."""

import pathlib

import torch


def read_mnist(folder, name, limit=0):
    """``name``: "train" or "t10k". Images, float32 [n, 1, 28, 28] of mean 0 and deviation 1, and
    labels, int64 [n]; the first ``limit`` of them, or all."""
    def read(kind, header):
        path = next(pathlib.Path(folder).glob(f"{name}-{kind}?idx*-ubyte"), None)
        if path is None:
            raise SystemExit(f"no {name}-{kind} in '{folder}': --data names the folder of MNIST")
        return torch.frombuffer(bytearray(path.read_bytes()[header:]), dtype=torch.uint8)

    images = read("images", 16).view(-1, 1, 28, 28).float() / 255
    labels = read("labels", 8).long()
    return torch.utils.data.TensorDataset(
        (images[:limit or None] - 0.13066) / 0.30811, labels[:limit or None])
