#!/usr/bin/env python3
"""Fails where a lock is not held that an annotation (BITTENSOR_GUARDED_BY, ...) asks for.

    check_locks.py BUILD     a folder that cmake has configured

Only clang reads the annotations. It looks at each source of the library that has locks, as BUILD compiles it
(sources compiled together are looked at together), and makes nothing.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

LOCKS = re.compile(r"BITTENSOR_GUARDED_BY|BITTENSOR_REQUIRES|MutexLock")
NOT_LOOKED_AT = ("-o", "-include", "-c")  # and what follows each


def sources_of(file):
    """The sources of one compilation: of what is compiled together, all."""
    together = re.findall(r'#include "(.+\.cc)"', file.read_text()) if file.suffix == ".cxx" else []
    return [pathlib.Path(source) for source in together] or [file]


def has_locks(source):
    return any(LOCKS.search(file.read_text()) for file in (source, source.with_suffix(".h")) if file.exists())


def command_of(entry):
    words, kept = iter(shlex.split(entry["command"])[1:]), []
    for word in words:
        if word in NOT_LOOKED_AT:
            next(words)
        elif word not in ("-Winvalid-pch", "-Werror"):
            kept.append(word)
    return ["clang++", *kept, "-fsyntax-only", "-Wno-everything", "-Wthread-safety",
            "-Werror=thread-safety", entry["file"]]


def look(entry):
    return subprocess.run(command_of(entry), cwd=entry["directory"], text=True, stderr=subprocess.PIPE)


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    entries = []
    for entry in json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text()):
        sources = sources_of(pathlib.Path(entry["file"]))
        ours = all(source.is_relative_to(root) for source in sources)
        of_test = any(source.name.endswith(("_test.cc", ".pb.cc")) for source in sources)
        if ours and not of_test and any(map(has_locks, sources)):
            entries.append(entry)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = list(pool.map(look, entries))
    for one in looks:
        print(one.stderr, end="")
    failed = sum(one.returncode != 0 for one in looks)
    print(f"locks: clang looked at {len(entries)} compilations, {failed} failed")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
