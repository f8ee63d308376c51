#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What people would use instead, at the same work in the same run: hivemind, and grpcio's server.

hivemind 1.1.12 comes from PyPI into a folder of its own in the cache; its libtorch is this
system's. Ours signs and checks each message, as neurons do. The programs take turns, round by
round.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import rounds

ROUNDS = 3
HERE = pathlib.Path(__file__).resolve().parent
HIVEMIND = ["hivemind==1.1.12", "grpcio"]
# What it needs besides torch, which pip would fetch once more, with gigabytes of CUDA.
NEEDED = ["base58", "configargparse", "cryptography", "grpcio-tools", "idna>=3.10", "msgpack", "netaddr",
          "numpy<2", "packaging", "prefetch_generator", "protobuf<6", "py-cid", "py-multihash",
          "pydantic", "PyYAML", "scipy", "sortedcontainers", "uvloop<0.20", "varint"]


def python_with_hivemind():
    """The Python to run hivemind with, or None where PyPI is not reached."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "hivemind-1.1.12"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    print("fetches hivemind", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", str(folder)],
                       check=True)
        subprocess.run([*pip, "--no-deps", *HIVEMIND], check=True, timeout=600)
        subprocess.run([*pip, *NEEDED], check=True, timeout=600)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"hivemind is not to be had: {error}", file=sys.stderr)
        return None
    (folder / "complete").touch()
    return python


def of_python(python, script):
    """What `script` reports. Its processes, of which it starts dozens, end with it."""
    with subprocess.Popen([str(python), str(HERE / "others" / script)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            output, errors = process.communicate(timeout=300)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        sys.exit(f"{script} failed:\n{errors[-2000:]}")
    return json.loads(output[output.index("{"):])


def ours(program, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        subprocess.run([str(rounds.EXAMPLES.parent / "bench" / program), "--json", str(report),
                        *arguments], check=True, stdout=subprocess.DEVNULL, timeout=600)
        return json.loads(report.read_text())


def main():
    options = rounds.parser(__doc__).parse_args()
    python = python_with_hivemind()
    if python is None:
        sys.exit("nothing to compare with")
    # Name, ours in calls_bench's report, theirs, and whether more is better.
    work = [("noop", "calls.noop_per_s", "noop_per_s", "calls/s"),
            ("echo", "calls.echo_1024_samples_per_s", "echo_samples_per_s", "samples/s"),
            ("moe", "calls.moe_step_ms", "moe_step_ms", "ms")]
    seen = {}
    for _ in range(ROUNDS):
        calls = ours("calls_bench", "--parts", "small,mixture")
        hivemind = of_python(python, "hivemind_calls.py")
        for name, mine, theirs, unit in work:
            ratio = calls[mine] / hivemind[theirs]
            seen.setdefault(f"peers.{name}_ours", (unit, []))[1].append(calls[mine])
            seen.setdefault(f"peers.{name}_hivemind", (unit, []))[1].append(hivemind[theirs])
            seen.setdefault(f"peers.{name}_ratio", ("x", []))[1].append(
                1 / ratio if unit == "ms" else ratio)
        served = ours("serve_bench", "--parts", "one")["serve.samples_per_s_b1x32"]
        by_hand = of_python(python, "grpc_model.py")["samples_per_s"]
        seen.setdefault("peers.grpc_ours", ("samples/s", []))[1].append(served)
        seen.setdefault("peers.grpc_python", ("samples/s", []))[1].append(by_hand)
        seen.setdefault("peers.grpc_python_ratio", ("x", []))[1].append(served / by_hand)
    results = rounds.Results()
    for name, (unit, values) in seen.items():
        results.add(name, values, unit)
    results.write(options.json)


if __name__ == "__main__":
    main()
