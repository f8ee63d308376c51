# SPDX-License-Identifier: MIT
"""Accuracy over time as an SVG: neurons alone and together, FedAvg, and one model of all data."""

import math

from neurons import Member
from setting import KNOWN, Task

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 48, 150, 16, 40
# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]


def svg(curves, across, up):
    """`curves`: name -> [(x, y)]."""
    points = [point for curve in curves.values() for point in curve]
    most = max(x for x, _ in points)
    low, high = math.floor(min(y for _, y in points)), math.ceil(max(y for _, y in points))

    def x(value):
        return LEFT + value / most * (WIDTH - LEFT - RIGHT)

    def y(value):
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def text(left, top, anchor, content):
        return f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}">{content}</text>'

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             'font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    for i in range(6):
        value, moment = low + (high - low) * i / 5, most * i / 5
        lines += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                  'stroke="#ddd"/>', text(LEFT - 6, y(value) + 4, "end", f"{value:.0f}"),
                  text(x(moment), HEIGHT - BOTTOM + 16, "middle", f"{moment:.0f}")]
    lines += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle", across),
              text(LEFT, TOP - 4, "start", up)]
    for i, (name, curve) in enumerate(curves.items()):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve)
        lines += [f'<polyline points="{path}" fill="none" stroke="{COLOURS[i]}" '
                  'stroke-width="2"/>',
                  f'<rect x="{WIDTH - RIGHT + 12}" y="{TOP + 20 * i}" width="12" height="12" '
                  f'fill="{COLOURS[i]}"/>',
                  text(WIDTH - RIGHT + 30, TOP + 20 * i + 10, "start", name)]
    return "\n".join([*lines, "</svg>\n"])


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
    path.write_text(svg(curves, "steps of 64 images", "test accuracy, %"))
