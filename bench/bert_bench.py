#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""BERT's forward pass against PyTorch and onnxruntime, and its tokenizer against Hugging Face's.

The forward pass: bert-base with random parameters, the same ones for all three, which answer in
turns; their numbers must agree. The tokenizer: presidents' speeches, one thread, ids that agree.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import rounds

ROUNDS = 6
HERE = pathlib.Path(__file__).resolve().parent
BUILD = rounds.EXAMPLES.parent
BATCHES = [1, 8]
PACKAGES = ["onnxruntime-node@1.30.0", "@anush008/tokenizers@0.6.0"]
AGREE = 1e-3  # of numbers of about one


def fetch_references():
    """The folder with the references' npm packages."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "bench-bert"
    if not (folder / "node_modules" / "onnxruntime-node").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if not shutil.which("npm"):
            sys.exit("npm is needed for the references: apt-get install npm")
        print("fetches", *PACKAGES, flush=True)
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-save", "--silent", *PACKAGES],
                       cwd=folder, check=True)
    return folder


class Worker:
    """A program that times one forward pass a line."""

    def __init__(self, command, folder=None):
        self.process = subprocess.Popen([str(part) for part in command], cwd=folder, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, batch, length):
        """Milliseconds, and some of the numbers computed."""
        self.process.stdin.write(f"{batch} {length}\n")
        self.process.stdin.flush()
        answer = [float(word) for word in self.process.stdout.readline().split()]
        assert len(answer) == 9, f"{self.process.args[0]} gave no answer"
        return answer[0], answer[1:]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def load(results, folder, threads):
    """How long a bert-base's folder takes until it can answer, its files in the system's cache."""
    times = []
    for turn in range(ROUNDS + 1):
        worker = Worker([BUILD / "bench" / "bert_forward", folder, threads])
        took = float(worker.process.stdout.readline())
        worker.close()
        if turn > 0:
            times.append(took)
    results.add("bert.load_ms_110m", times, "ms")


def forward(results, packages, threads, lengths):
    memory = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None  # 0.9 GB, read thrice
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        print("makes a bert-base", flush=True)
        subprocess.run(["/usr/bin/python3", HERE / "bert_pytorch.py", "--make", folder], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if "bert.load_ms_110m" not in results.medians:
            load(results, folder, threads)
        workers = {
            "ours": Worker([BUILD / "bench" / "bert_forward", folder, threads]),
            "pytorch": Worker(["/usr/bin/python3", HERE / "bert_pytorch.py", folder, threads]),
            "onnxruntime": Worker(["node", HERE / "bert_onnx.js", folder, threads], packages)}
        workers["ours"].process.stdout.readline()  # how long it took to open
        ratios = {"pytorch": [], "onnxruntime": []}
        for batch, length in [(batch, length) for length in lengths for batch in BATCHES]:
            times = {name: [] for name in workers}
            for turn in range(ROUNDS + 1):
                numbers = {}
                # Each is first, second and last in turn: what one leaves behind slows who is next.
                order = list(workers)[turn % 3:] + list(workers)[:turn % 3]
                for name in order:
                    took, numbers[name] = workers[name].ask(batch, length)
                    if turn > 0:  # The first warms up.
                        times[name].append(took)
                for name, theirs in numbers.items():
                    gap = max(abs(a - b) for a, b in zip(numbers["ours"], theirs))
                    assert gap < AGREE, f"{name} differs by {gap} at {batch} x {length}"
            shape = f"{batch}x{length}_{threads}"
            for name in workers:
                results.add(f"bert.{name}_ms_{shape}", times[name], "ms")
            for name, list_of in ratios.items():
                ratio = [b / a for a, b in zip(times["ours"], times[name])]
                results.add(f"bert.ratio_vs_{name}_{shape}", ratio, "")
                list_of.append(statistics.median(ratio))
        for worker in workers.values():
            worker.close()
    return ratios


def tokenizer(results, packages):
    program = BUILD / "synapses" / "bert" / "bert_tokenize"
    speeches, vocabulary = (
        subprocess.run([BUILD / "app" / "bittensor", "data", "get", name], check=True, text=True,
                       stdout=subprocess.PIPE).stdout.strip()
        for name in ("speeches", "bert-vocab"))
    ratios = []
    for _ in range(ROUNDS):
        output = subprocess.run(
            ["node", HERE.parent / "tools" / "compare_tokenizer.js", program, vocabulary, speeches,
             "1000"], cwd=packages, env={**os.environ, "RAYON_NUM_THREADS": "1"}, check=True,
            text=True, stdout=subprocess.PIPE).stdout
        times = json.loads(output.splitlines()[-1])
        ratios.append(times["reference_seconds"] / times["ours_seconds"])
    results.add("bert.tokenizer_ratio", ratios, "")


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--lengths", type=int, nargs="+", default=[32, 128, 512], help="in tokens")
    options = parser.parse_args()
    packages = fetch_references()
    results = rounds.Results()
    worst = {"pytorch": [], "onnxruntime": []}
    for threads in options.threads:
        for name, ratios in forward(results, packages, threads, options.lengths).items():
            worst[name] += ratios
    for name, ratios in worst.items():  # of all shapes
        results.medians[f"bert.ratio_vs_{name}"] = statistics.geometric_mean(ratios)
        results.medians[f"bert.least_ratio_vs_{name}"] = min(ratios)
        print(f"{name}: {statistics.geometric_mean(ratios):.2f} x, at the least {min(ratios):.2f} x")
    tokenizer(results, packages)
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
