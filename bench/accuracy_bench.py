#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What hiding the network's time and compressing its bytes cost in accuracy: nothing, it should be.

Two neurons learn MNIST for one epoch, asked ahead and not, with float32 and 8 bits both ways, from
several seeds. Differences are of the same seed: points of test accuracy, mean of the two neurons.
Wanted: at most 0.2 points lost.
"""

import json
import pathlib
import statistics
import subprocess
import tempfile

import rounds

APP = rounds.EXAMPLES.parent / "app" / "bittensor"
VARIANTS = {
    "at_once": ["--look_ahead", 0],
    "one_ahead": ["--look_ahead", 1],
    "default": [],
    "int8": ["--compression", "int8"],
}
DIFFERENCES = {"one_ahead": "at_once", "default": "at_once", "int8": "default"}
KINDS = ["local", "network"]


def accuracies(data, seed, options, images):
    """Of the model alone and with the network's help, in percent: {kind: [of each neuron]}."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [APP, "swarm", rounds.EXAMPLES / "mnist", "--seed", seed, "--data", data,
                   "--dir", f"{folder}/run", "--json", report, "--share", "1/1", "--train_images",
                   images, *options]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        neurons = json.loads(report.read_text())["neurons"]
    assert len(neurons) == 2, neurons
    assert all(neuron["answers_ok"] > 0 and neuron["local_accuracy"] > 0.9 for neuron in neurons), neurons
    return {kind: [100 * neuron[f"{kind}_accuracy"] for neuron in neurons] for kind in KINDS}


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--images", type=int, default=60000, help="of the epoch")
    options = parser.parse_args()
    data = rounds.data_folder(options.data)
    found = {name: [] for name in VARIANTS}  # by seed
    for seed in range(1, 2 * options.seeds, 2):  # The second neuron has the next one.
        for name, arguments in VARIANTS.items():
            found[name].append(accuracies(data, seed, arguments, options.images))

    results = rounds.Results()
    for kind in KINDS:
        for name, runs in found.items():
            each = [value for run in runs for value in run[kind]]
            results.add(f"accuracy.{kind}_{name}", each, "%", statistics.mean)
        for name, reference in DIFFERENCES.items():
            changes = [statistics.mean(a[kind]) - statistics.mean(b[kind])
                       for a, b in zip(found[name], found[reference])]
            results.add(f"accuracy.{kind}_change_{name}", changes, "points", statistics.mean)
    results.write(options.json)


if __name__ == "__main__":
    main()
