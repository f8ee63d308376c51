#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Training alone: the MNIST neuron against a plain PyTorch loop (mnist_pytorch.py).

Both train the same layers with the same batch size, optimizer and threads, in turns. The neuron is
the whole program: it also serves, gossips, and asks itself in every eighth step.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import rounds

ROUNDS = 5
IMAGES = 25600  # a round; 400 steps


def neuron_round(threads, data):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        subprocess.run(
            rounds.neuron(folder, "--data", data, "--threads", threads, "--train_images", IMAGES,
                          "--test_images", 2000, "--progress", "lines", "--report", report),
            check=True, stdout=subprocess.DEVNULL)
        result = json.loads(report.read_text())
    assert result["local_accuracy"] > 0.93, result
    return result["images_per_second"]


def pytorch_round(threads, data):
    command = ["/usr/bin/python3", pathlib.Path(__file__).parent / "mnist_pytorch.py",
               "--data", data, "--images", IMAGES, "--threads", threads]
    output = subprocess.run([str(part) for part in command], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split()
    rate, loss = float(output[0]), float(output[1])
    assert loss < 0.35, output
    return rate


def main():
    options = rounds.parser(__doc__).parse_args()
    data = rounds.data_folder(options.data)
    results = rounds.Results()
    for threads in (1, 2):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(neuron_round(threads, data))
            theirs.append(pytorch_round(threads, data))
        ratios = [a / b for a, b in zip(ours, theirs)]
        results.add(f"train.images_per_s_{threads}", ours, "images/s")
        results.add(f"train.pytorch_images_per_s_{threads}", theirs, "images/s")
        results.add(f"train.ratio_vs_pytorch_{threads}", ratios, "")
    # What a neuron does unless told otherwise: a thread a core.
    results.medians["train.ratio_vs_pytorch"] = results.medians["train.ratio_vs_pytorch_2"]
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
