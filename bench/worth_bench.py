#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What joining is worth: neurons that learn together against the same ones alone, one model of all
their data, FedAvg and DiLoCo.

    worth_bench.py [--json FILE] [--quick] [--only NAME]... [--seeds 1 2 3]

--json FILE writes worth.mnist_local_gain and others, means over the seeds, accuracy in percent (and
..._spread, the largest less the smallest). docs/learning/worth.md says what they mean and what is
expected. Everything takes 90 minutes on two cores, --quick five: one seed, shorter runs, and the main
cases unless --only says which. --plot FILE draws accuracy over time, as SVG."""

import argparse
import json
import pathlib
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "worth"))
import digits  # noqa: E402
import larger  # noqa: E402
import plot  # noqa: E402
import setting  # noqa: E402

SCENARIOS = {
    "mnist": digits.even,
    "mnist_skew": digits.skew,
    "mixed": digits.mixed,
    "poisoner": digits.poisoner,
    "straggler": digits.straggler,
    "leaver": digits.leaver,
    "twelve": digits.twelve,
    "equal_time_mnist": digits.equal_time,
    "speed": digits.speed,
    "traffic": digits.traffic,
    "ranking": digits.ranking,
    "cifar": larger.cifar,
    "equal_time_cifar": larger.equal_time_cifar,
    "bert": larger.bert,
    "equal_time_bert": larger.equal_time_bert,
    "newcomer": larger.newcomer,
}
QUICK = ["mnist", "mnist_skew", "poisoner", "equal_time_mnist"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", type=pathlib.Path, help="write the means to this file")
    parser.add_argument("--plot", type=pathlib.Path, help="draw accuracy over time, as SVG")
    parser.add_argument("--quick", action="store_true", help="one seed, shorter runs; what five minutes allow")
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="only this; again: more")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--also", action="append", default=[], metavar="--OPTION=VALUE",
                        help="what neurons that learn together are told besides; again: more")
    for name, what in (("mnist", "the IDX files"), ("cifar", "CIFAR-10's binary version"),
                       ("bert", "the speeches")):
        parser.add_argument(f"--{name}", type=pathlib.Path,
                            help=f"folder with {what}; else the cache")
    parser.add_argument("--vocab", type=pathlib.Path, help="vocab.txt of BERT; else the cache")
    options = parser.parse_args()
    options.seeds = options.seeds or ([1] if options.quick else [1, 2, 3])

    run = setting.Setting(options)
    failed = []
    for name in options.only or (QUICK if options.quick else SCENARIOS):
        print(f"{time.strftime('%H:%M:%S')} -- {name}", flush=True)
        try:
            SCENARIOS[name](run)
        except Exception:  # the others can still be measured
            traceback.print_exc()
            failed.append(name)
        if options.json:
            options.json.write_text(json.dumps(run.results.flat(), indent=2) + "\n")
    if options.plot:
        plot.accuracy_over_time(run, options.plot)
    run.results.show()
    if failed:
        sys.exit(f"worth: not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
