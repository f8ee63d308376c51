#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What joining costs in speed: two neurons on two cores, one thread each, over the same two alone.

Images a second of training, in turns: both alone; together, asking in each step and in each fourth,
each for answers only, and with lessons of known neurons, which train on as many rows again.
"""

import pathlib
import statistics
import sys

import rounds

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "worth"))
import neurons  # noqa: E402

STEPS = 300
WAYS = {  # name of the metric -> what the neurons are told
    "speed_kept": ["--ask_interval", 1, "--give", "answers", "--learn_from", "off"],
    "speed_kept_4": ["--ask_interval", 4, "--give", "answers", "--learn_from", "off"],
    "speed_kept_lessons": ["--ask_interval", 1],
    "speed_kept_lessons_4": ["--ask_interval", 4],
}


def images_per_second(data, arguments, alone=False):
    members = [neurons.Member(["--seed", seed, *arguments], alone=alone) for seed in (1, 2)]
    shared = ["--data", data, "--steps", STEPS, "--test_images", 256,
              "--min_peers", 0 if alone else 1]
    ended = neurons.run("mnist", members, shared)
    for neuron in ended:
        assert alone or neuron.report["answers_ok"] > 0, "nobody answered"
    return statistics.mean(neuron.report["images_per_second"] for neuron in ended)


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    data = rounds.data_folder(options.data)
    alone, together, kept = [], {name: [] for name in WAYS}, {name: [] for name in WAYS}
    for _ in range(options.rounds):
        alone.append(images_per_second(data, [], alone=True))
        for name, arguments in WAYS.items():
            together[name].append(images_per_second(data, arguments))
            kept[name].append(together[name][-1] / alone[-1])
    results = rounds.Results()
    results.add("join.images_per_s_alone", alone, "images/s")
    for name in WAYS:
        results.add(f"join.{name.replace('speed_kept', 'images_per_s')}", together[name], "images/s")
        results.add(f"join.{name}", kept[name], "of alone")
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
