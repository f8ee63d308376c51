#!/usr/bin/env python3
"""Makes tests/data/cifar10 from all of CIFAR-10: the first 100 training and 50 test images of each class.

    tools/make_cifar10_subset.py FOLDER [TARGET]

FOLDER holds the binary version, e.g. ~/.cache/bittensor/cifar-10-batches-bin.
The samples keep their order, so the same files come out everywhere.
"""

import pathlib
import sys

CLASSES = 10
RECORD = 1 + 3 * 32 * 32  # bytes: a label, three planes of pixels


def first_of_each(raw, count):
    """The first `count` records of each class, in order."""
    left = [count] * CLASSES
    kept = []
    for start in range(0, len(raw), RECORD):
        label = raw[start]
        if left[label] > 0:
            left[label] -= 1
            kept.append(raw[start:start + RECORD])
    return b"".join(kept)


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "tests/data/cifar10")
    target.mkdir(parents=True, exist_ok=True)
    for name, count in (("data_batch_1.bin", 100), ("test_batch.bin", 50)):
        (target / name).write_bytes(first_of_each((source / name).read_bytes(), count))


if __name__ == "__main__":
    main()
