#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the instructions of the pure cores (bench/cores.cc) and compares them with the baselines.

Counted is what runs in our own executable: the code of libtorch, libc and libsodium, which depends
on the processor and on the distribution's updates, is shown but not checked. So the count is the same
on every machine with the same compiler. It may differ by 3 % either way: a core that became
cheaper is a reason to write the new baseline, with --update.

    tools/check_instructions.py build/release/bench/cores [--update]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LIMIT = 0.03
BASELINES = pathlib.Path(__file__).resolve().parent.parent / "bench" / "instructions.json"
CORES = ["encode", "decode", "gate", "dispatch", "join", "record_check"]


def run(program, folder):
    # No address randomisation: hash tables are seeded by it. The processor's best kernels are
    # left out, so that the sum over the libraries differs less, too.
    options = [f"--dump-before=core_{core}" for core in [*CORES, "done"]]
    subprocess.run(
        ["setarch", "-R", "valgrind", "--tool=callgrind", "--dump-line=no", *options,
         "--combine-dumps=yes", f"--callgrind-out-file={folder}/out", program],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Prescott",
             "OMP_NUM_THREADS": "1", "GLIBC_TUNABLES": ""})


def counts(lines, program):
    """Of each dump that ends a core, in order: the instructions in the program itself, and all."""
    result, objects, here, skip, counting = [], {}, "", False, False
    for line in lines:
        if line.startswith("desc: Trigger:"):  # The head of a dump; its counts follow.
            if "core_done" in line:
                result.append([0, 0])
            counting = "core_done" in line
        elif match := re.match(r"c?ob=\((\d+)\)(?: (.*))?$", line):
            if match.group(2):
                objects[match.group(1)] = match.group(2)
            if line.startswith("ob="):
                here = os.path.basename(objects[match.group(1)])
        elif line.startswith("calls="):
            skip = True  # The next line is the cost of the callee.
        elif re.match(r"[+*-]?\d* ?\d+$", line):
            if not skip and counting:
                cost = int(line.split()[-1])
                result[-1][0] += cost if here == program else 0
                result[-1][1] += cost
            skip = False
    return result


def measure(program):
    with tempfile.TemporaryDirectory() as folder:
        run(program, folder)
        lines = (pathlib.Path(folder) / "out").read_text().splitlines()
    dumps = counts(lines, program.name)
    assert len(dumps) == 2 * len(CORES), f"{len(dumps)} dumps"
    # The second run of each core is the one that counts.
    return dict(zip(CORES, dumps[len(CORES):]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write the baselines")
    options = parser.parse_args()
    measured = measure(options.program.resolve())
    if options.update:
        own = {core: measured[core][0] for core in CORES}
        BASELINES.write_text(json.dumps(own, indent=2) + "\n")
    baselines = json.loads(BASELINES.read_text())
    wrong = []
    for core in CORES:
        own, everything = measured[core]
        change = own / baselines[core] - 1
        print(f"{core:14} {own:9} instructions of ours ({change:+.1%} of the baseline), "
              f"{everything} with the libraries'")
        if abs(change) > LIMIT:
            wrong.append(core)
    if wrong:
        return (f"{', '.join(wrong)}: more than {LIMIT:.0%} from bench/instructions.json; if that is "
                "meant, run with --update and commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
