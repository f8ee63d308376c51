#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A neuron in Python against the same one in C++, on MNIST, with the same libtorch.

Training alone, in turns; answering 64 rows, in turns and asked by one dendrite; and what they learn
on one network, each from all images. Wanted: train_ratio 0.95 and serve_ratio 0.8 at least,
accuracy_gap half a point at most.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import rounds

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(rounds.EXAMPLES.parent / "python"))
ROUNDS = 4
TRAINED = 25600  # images a round
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(rounds.EXAMPLES.parent / "python")}


def python_neuron(folder, data, *arguments, **options):
    command = [sys.executable, HERE / "python_neuron.py", "--data", data, "--folder", folder,
               *arguments]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                            env=ENVIRONMENT, **options)


def cpp_neuron(folder, data, *arguments):
    return subprocess.Popen(
        rounds.neuron(folder, "--data", data, "--threads", 1, "--progress", "json", *arguments),
        stdout=subprocess.PIPE, text=True)


def event(neuron, name):
    for line in neuron.stdout:
        said = json.loads(line)
        if said["event"] == name:
            return said
    raise AssertionError(f"the neuron ended before '{name}'")


def end(*neurons):
    for neuron in neurons:
        neuron.kill()
        neuron.wait()
        neuron.stdout.close()


def train_python(data):
    with tempfile.TemporaryDirectory() as folder:
        neuron = python_neuron(folder, data, "--images", TRAINED)
        rate, accuracy = map(float, neuron.communicate()[0].splitlines()[-1].split())
    assert accuracy > 0.93, accuracy
    return rate


def train_cpp(data):
    with tempfile.TemporaryDirectory() as folder:
        neuron = cpp_neuron(folder, data, "--epochs", 1, "--train_images", TRAINED)
        report = event(neuron, "report")
        end(neuron)
    assert report["local_accuracy"] > 0.93, report
    return report["images_per_second"]


def serve_rates(data):
    """Rows a second that a neuron of each kind answers, eight questions of 64 under way."""
    import bittensor_cpp
    import torch

    torch.set_num_threads(1)
    few = 6400
    with tempfile.TemporaryDirectory() as folder:
        cpp = cpp_neuron(folder, data, "--epochs", 1, "--train_images", few, "--stay")
        python = python_neuron(folder, data, "--images", few, "--stay")
        addresses = {"cpp": event(cpp, "started")["metagraph"],
                     "python": python.stdout.readline().strip()}
        event(cpp, "report")
        python.stdout.readline()
        rates = {name: [] for name in addresses}
        images = torch.rand(64, 1, 28, 28)
        asking = {}
        for name, address in addresses.items():
            config = bittensor_cpp.Config(bootstrap=[address], axon_port=0, metagraph_port=0,
                                          listen_ip="127.0.0.1",
                                          neuron_key=f"{folder}/{name}/ask.key")
            metagraph = bittensor_cpp.Metagraph(config)
            metagraph.start()
            while metagraph.peers < 1:
                time.sleep(0.05)
            asking[name] = metagraph, bittensor_cpp.Dendrite(config)
        for turn in range(ROUNDS + 1):
            for name, (metagraph, dendrite) in asking.items():
                synapses = metagraph.get_synapses(1) * 8
                began, rows = time.perf_counter(), 0
                with torch.no_grad():
                    while time.perf_counter() < began + 1.5:
                        answers = dendrite.forward_image(synapses, [images] * 8)
                        assert all(answer.ok for answer in answers), answers
                        rows += 64 * len(answers)
                if turn > 0:  # The first warms up.
                    rates[name].append(rows / (time.perf_counter() - began))
        for metagraph, _ in asking.values():
            metagraph.stop()
        end(cpp, python)
    return rates


def accuracies(data, images):
    """In percent, of one neuron of each kind that learn on one network."""
    with tempfile.TemporaryDirectory() as folder:
        cpp = cpp_neuron(folder, data, "--epochs", 1, "--train_images", images, "--min_peers", 1,
                         "--learn_from", "earned", "--stay")
        address = event(cpp, "started")["metagraph"]
        python = python_neuron(folder, data, "--images", images, "--bootstrap", address)
        theirs = float(python.communicate()[0].splitlines()[-1].split()[1])
        ours = event(cpp, "report")
        assert ours["answers_ok"] > 0, ours
        end(cpp)
    return 100 * theirs, 100 * ours["local_accuracy"]


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--images", type=int, default=60000, help="to learn together")
    options = parser.parse_args()
    data = rounds.data_folder(options.data)
    results = rounds.Results()
    pairs = [(train_python(data), train_cpp(data)) for _ in range(ROUNDS)]
    results.add("python.train_images_per_s", [one for one, _ in pairs], "images/s")
    results.add("python.train_images_per_s_cpp", [one for _, one in pairs], "images/s")
    results.add("python.train_ratio", [one / other for one, other in pairs], "")
    rates = serve_rates(data)
    results.add("python.serve_rows_per_s", rates["python"], "rows/s")
    results.add("python.serve_rows_per_s_cpp", rates["cpp"], "rows/s")
    results.add("python.serve_ratio",
                statistics.median(rates["python"]) / statistics.median(rates["cpp"]), "")
    theirs, ours = accuracies(data, options.images)
    results.add("python.accuracy", theirs, "%")
    results.add("python.accuracy_cpp", ours, "%")
    results.add("python.accuracy_gap", ours - theirs, "points")
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
