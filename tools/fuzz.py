#!/usr/bin/env python3
"""Runs libFuzzer's programs that ./run fuzz has built, as many at a time as there are cores.

Each begins with its committed corpus. What else is worth keeping is collected in
build/fuzz/found/TARGET and used again by the next search; an input that breaks something is kept
as build/fuzz/broken/TARGET-*, and replayed with: build/fuzz/.../TARGET_fuzz FILE
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build" / "fuzz"


def search(name, program, corpus, seconds):
    found = BUILD / "found" / name
    broken = BUILD / "broken"
    found.mkdir(parents=True, exist_ok=True)
    broken.mkdir(exist_ok=True)
    log = BUILD / f"{name}_fuzz.log"
    # Leaks are looked for at the end: after each run it takes 100 ms where there are threads.
    with log.open("w") as output:
        code = subprocess.run(
            [program, f"-max_total_time={seconds}", "-timeout=25", "-rss_limit_mb=4096",
             "-max_len=65536", "-detect_leaks=0",
             "-print_final_stats=1", f"-artifact_prefix={broken}/{name}-",
             found, corpus],
            stdout=output, stderr=output, check=False,
            env={**os.environ, "LSAN_OPTIONS": "suppressions=tools/lsan.supp"}, cwd=BUILD.parents[1]
        ).returncode
    text = log.read_text(errors="replace")
    runs = re.search(r"stat::number_of_executed_units: (\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    print(f"{name:18} {runs[1] if runs else '?':>10} runs  {covered[-1] if covered else '?':>6} "
          f"edges  {'nothing found' if code == 0 else f'BROKEN, see {log}'}", flush=True)
    return code == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help="all, if none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    options = parser.parse_args()
    targets = {line.split()[0]: line.split()[1:]
               for line in (BUILD / "fuzz_targets.txt").read_text().splitlines()}
    names = options.targets or list(targets)
    for name in names:
        if name not in targets:
            parser.error(f"no target {name}; there are {', '.join(targets)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return 0 if all(list(pool.map(lambda n: search(n, *targets[n], options.seconds), names))) else 1


if __name__ == "__main__":
    sys.exit(main())
