#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws curves as SVG, with matplotlib (Debian's python3-matplotlib).

    plots.py CURVES.json FOLDER

CURVES.json is what a benchmark wrote with --curves: {plot: {curve: [[x, y], ...], ...}, ...}. Points
of the same x are averaged: one a seed. Or what `./run bench scale` wrote with --json."""

import json
import pathlib
import re
import statistics
import sys

# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]


def averaged(points):
    values = {}
    for x, y in points:
        values.setdefault(x, []).append(y)
    return zip(*sorted((x, statistics.mean(some)) for x, some in values.items()))


# What scale_bench measures: file, its metrics and how their curves are called, what is across and up.
SCALE = [
    ("peers", {"step_ms": "a step", "calls": "calls in it"}, "peers known", "ms, calls"),
    ("models", {"copy_ms": "a new copy is served"}, "million parameters", "ms"),
    ("batches", {"samples_per_s": "asked of one peer"}, "batch", "samples/s"),
    ("records", {"records_read_us": "all records read"}, "records", "us"),
]


def scale_curves(numbers, metrics):
    """`numbers`: scale.METRIC_X -> y."""
    return {name: [(int(found[1]), y) for key, y in numbers.items()
                   if (found := re.fullmatch(rf"scale\.{metric}_b?(\d+)m?", key))]
            for metric, name in metrics.items()}


def draw(curves, path, across="training step", up="", logarithmic=False):
    """`curves`: name -> [(x, y)]."""
    import matplotlib  # only who draws needs it
    matplotlib.use("svg")
    # Text stays text, and the same curves give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "plot",
                                "font.family": "sans-serif"})
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(6.4, 3.2), layout="constrained")
    for (name, points), colour in zip(curves.items(), COLOURS * (1 + len(curves) // len(COLOURS))):
        axes.plot(*averaged(points), label=name, color=colour, marker="o" if logarithmic else None)
    axes.set(xlabel=across, ylabel=up)
    if logarithmic:
        axes.set(xscale="log", yscale="log")
    axes.grid(color="#dddddd")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    plots = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if any(name.startswith("scale.") for name in plots):
        for name, metrics, across, up in SCALE:
            draw(scale_curves(plots, metrics), folder / f"scale_{name}.svg", across, up, True)
        return
    for name, curves in plots.items():
        draw(curves, folder / f"{name}.svg")


if __name__ == "__main__":
    main()
