#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""From the start of a neuron's process to the end of its first training step, data in the cache."""

import json
import subprocess
import sys
import tempfile
import time

import rounds

ROUNDS = 7


def seconds_to_first_step(data):
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        process = subprocess.Popen(
            rounds.neuron(folder, "--data", data, "--progress", "json", "--log_interval", 1),
            stdout=subprocess.PIPE, text=True)
        try:
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "step":
                    assert event["images"] == 64, event
                    return time.monotonic() - start
            raise AssertionError("the neuron ended before its first step")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def main():
    options = rounds.parser(__doc__).parse_args()
    data = rounds.data_folder(options.data)
    seconds_to_first_step(data)  # The program and the data are in the page cache.
    results = rounds.Results()
    results.add("start.seconds_to_first_step",
                [seconds_to_first_step(data) for _ in range(ROUNDS)], "s")
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
