#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the chain costs and whether it works: decoding a subnet, proof of work, an epoch of Yuma
consensus, and three neurons on the real runtime that find each other through it alone."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import rounds

BUILD = pathlib.Path(os.environ.setdefault("BITTENSOR_BUILD",
                                           str(rounds.ROOT / "build" / "release")))
sys.path.insert(0, str(rounds.ROOT / "tests"))
from subnet import Subnet, Three  # noqa: E402


def numbers_of(program):
    """What a program prints as JSON."""
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True, cwd=rounds.ROOT)
    return json.loads(done.stdout)


def three_neurons(results):
    with tempfile.TemporaryDirectory() as folder:
        try:
            subnet = Subnet(folder)
        except unittest.SkipTest as reason:
            print(f"three neurons on the real runtime are left out: {reason}")
            return
        try:
            subnet.start_clock()
            three = Three(subnet, "--epochs", 100_000, "--stay")
            try:
                three.wait_for_axons()
                rows = three.wait_for_weights()
            finally:
                three.close()
        finally:
            subnet.close()
    # Who gives both others a weight has found them, asked them, and had answers.
    found = [uid for uid in three.uids if set(three.uids) - {uid} <= set(rows[uid])]
    results.add("chain.neurons_found", len(found), "neurons")


def main():
    options = rounds.parser(__doc__).parse_args()
    results = rounds.Results()
    for program, unit in ((BUILD / "bench" / "chain_decode", "ms"),
                          (BUILD / "bittensor" / "chain" / "subtensor" / "pow_bench", "MH/s"),
                          (BUILD / "bittensor" / "metagraph" / "yuma_bench", "ms")):
        for name, value in numbers_of(program).items():
            results.add(name, value, unit)
    three_neurons(results)
    results.write(options.json)


if __name__ == "__main__":
    main()
