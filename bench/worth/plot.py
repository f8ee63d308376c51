# SPDX-License-Identifier: MIT
"""Accuracy over time as an SVG: neurons alone and together, FedAvg, and one model of all data."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import plots  # noqa: E402
from neurons import Member  # noqa: E402
from setting import KNOWN, Task  # noqa: E402


def accuracy_over_time(setting, path):
    """Over steps: what each has seen of its own data."""
    what = Task("mnist", steps=600, labels=1000)
    seed = setting.seeds[0]
    curves = {}
    for name, way in (("alone", "alone"), ("FedAvg", "fedavg"), ("all data", "union")):
        report = setting.plain(what, way, seed, every=40)
        curves[name] = [(step, accuracy) for step, _, accuracy, _ in report["curve"]]
    every = ["--save_interval", 0.5]
    members = what.members(seed)
    members[-1] = Member([*members[-1].arguments, *every])
    ended = setting.network("labels, with snapshots", what, seed, KNOWN, members=members,
                            snapshots=True)
    curves["together"] = [(step, accuracy) for _, step, accuracy, _ in
                          setting.curve(what, ended[-1])]
    plots.draw(curves, path, "steps of 64 images", "test accuracy, %")
