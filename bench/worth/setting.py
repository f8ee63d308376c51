# SPDX-License-Identifier: MIT
"""What the scenarios share: sizes, seeds, runs that several of them need, and the results."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import neurons
from neurons import Member

HERE = pathlib.Path(__file__).resolve().parent
NETWORK = ["--compression", "int8"]
KNOWN = ["--give", "labels", "--learn_from", "known"]
NEVER = 1_000_000_000  # steps between questions of a neuron that asks nobody


class Results:
    """Each metric's numbers, one a seed."""

    def __init__(self):
        self.values, self.curves = {}, {}

    def add(self, name, value):
        self.values.setdefault(f"worth.{name}", []).append(value)

    def show(self):
        for name, values in sorted(self.values.items()):
            spread = f"({min(values):.2f} to {max(values):.2f}, {len(values)} seeds)"
            print(f"{name:48} {statistics.mean(values):10.3f} {spread}")

    def flat(self):
        result = {name: statistics.mean(values) for name, values in self.values.items()}
        result.update({f"{name}_spread": max(values) - min(values)
                       for name, values in self.values.items() if len(values) > 1})
        return result


class Task:
    """One of the three programs, with the sizes at which data is what is short."""

    def __init__(self, name, steps, labels=None, alpha=0, of=None, neurons=4, model=None,
                 batch=None, rate=None, test_images=0):
        self.name, self.steps, self.labels, self.alpha = name, steps, labels, alpha
        self.of, self.neurons, self.model = of or neurons, neurons, model
        self.batch, self.rate, self.test_images = batch, rate, test_images

    def key(self):
        return tuple(sorted((name, str(value)) for name, value in vars(self).items()))

    def members(self, seed, arguments=(), alone=False):
        return [Member([*self.share(i, seed), *arguments], alone=alone)
                for i in range(self.neurons)]

    def share(self, number, seed, model=None):
        arguments = ["--share", f"{number + 1}/{self.of}", "--share_seed", seed,
                     "--seed", 100 * seed + number]
        if self.labels:
            arguments += ["--labels", self.labels]
        if self.alpha:
            arguments += ["--share_alpha", self.alpha]
        if model or self.model:
            arguments += ["--model", model or self.model]
        return arguments

    def shared(self, steps=None, peers=None):
        arguments = ["--steps", steps or self.steps, "--min_peers",
                     self.neurons - 1 if peers is None else peers]
        if self.batch:
            arguments += ["--batch_size_train", self.batch]
        if self.rate:
            arguments += ["--learning_rate", self.rate]
        if self.test_images:
            arguments += ["--test_images", self.test_images]
        return arguments

    def plain(self, way, seed, **more):
        arguments = [self.name, way, "--neurons", self.neurons, "--of", self.of, "--steps",
                     self.steps, "--seed", seed, "--test_images", self.test_images,
                     "--threads", os.cpu_count()]
        if self.labels:
            arguments += ["--labels", self.labels]
        if self.alpha:
            arguments += ["--alpha", self.alpha]
        if self.model:
            arguments += ["--model", self.model]
        if self.batch:
            arguments += ["--batch", self.batch]
        if self.rate:
            arguments += ["--rate", self.rate]
        for name, value in more.items():
            arguments += [f"--{name}", value]
        return arguments


class Setting:
    """Runs things, once each, and says so."""

    def __init__(self, options):
        self.options, self.results, self.kept = options, Results(), {}
        self.folders = {}
        self.scratch = tempfile.TemporaryDirectory(prefix="worth-snapshots-")

    @property
    def seeds(self):
        return self.options.seeds

    def first(self, seed):
        """Whether to look at what needs no mean."""
        return seed == self.seeds[0]

    def data(self, name):
        if name not in self.folders:
            given = getattr(self.options, name)
            self.folders[name] = given or pathlib.Path(subprocess.run(
                [neurons.BUILD / "app" / "bittensor", "data", "get",
                 {"mnist": "mnist", "cifar": "cifar10", "bert": "speeches",
                  "vocab": "bert-vocab"}[name]],
                check=True, text=True, stdout=subprocess.PIPE).stdout.strip())
        return self.folders[name]

    def data_arguments(self, task):
        arguments = ["--data", self.data(task.name)]
        return arguments + (["--vocab", self.data("vocab")] if task.name == "bert" else [])

    def say(self, text, work, key=None):
        """work(), or what it gave before."""
        key = key or text
        if key not in self.kept:
            start = time.time()
            self.kept[key] = work()
            print(f"{time.strftime('%H:%M:%S')} {text}: {time.time() - start:.0f} s", flush=True)
        return self.kept[key]

    def plain(self, task, way, seed, **more):
        """What plain.py says."""
        def work():
            command = ["/usr/bin/python3", HERE / "plain.py", *task.plain(way, seed, **more),
                       *self.data_arguments(task)]
            output = subprocess.run([str(part) for part in command], check=True, text=True,
                                    stdout=subprocess.PIPE).stdout
            return json.loads(output.splitlines()[-1])

        more_text = "".join(f" {name} {value}" for name, value in more.items())
        text = f"{task.name} {way}{more_text}, alpha {task.alpha}, seed {seed}"
        return self.say(text, work, (text, task.key()))

    def network(self, text, task, seed, arguments=(), members=None, steps=None, **more):
        """The neurons of a run together, after their reports."""
        members = members or task.members(seed)
        shared = [*task.shared(steps, len(members) - 1), *self.data_arguments(task), *NETWORK,
                  *arguments, *self.options.also]
        text = f"{task.name} {text}, alpha {task.alpha}, seed {seed}"
        return self.say(text, lambda: self.run(task, members, shared, **more),
                        (text, task.key(), str(shared), str(members)))

    def alone(self, task, seed, steps=None, members=None, text="alone", **more):
        """The same neurons, at the same time on the same cores, that know of nobody."""
        members = members or task.members(seed, alone=True)
        for member in members:
            member.alone = True
        shared = [*task.shared(steps, 0), *self.data_arguments(task), "--ask_interval", NEVER]
        text = f"{task.name} {text}, {steps or task.steps} steps, alpha {task.alpha}, seed {seed}"
        return self.say(text, lambda: self.run(task, members, shared, **more),
                        (text, task.key(), str(members), bool(more)))

    def run(self, task, members, shared, snapshots=False, **more):
        """`snapshots`: whether to keep the last neuron's checkpoints."""
        folder = pathlib.Path(self.scratch.name) if snapshots else None
        return neurons.run(task.name, members, shared, snapshots=folder, **more)


    def curve(self, task, neuron):
        """[seconds, step, accuracy, loss] of each snapshot of the neuron's local path."""
        tests = self.tested(task, [path for _, path in neuron.snapshots])
        return [[seconds, *test] for (seconds, _), test in zip(neuron.snapshots, tests)]

    def tested(self, task, files, *arguments):
        """What checkpoints.py says."""
        command = ["/usr/bin/python3", HERE / "checkpoints.py", task.name, *files, *arguments,
                   "--test_images", task.test_images, *self.data_arguments(task)]
        output = subprocess.run([str(part) for part in command], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        return json.loads(output.splitlines()[-1])


def mean(ended, name, factor=100):
    """Of what neurons reported; fractions become percent."""
    return factor * statistics.mean(neuron.report[name] for neuron in ended)


def numbers(ended, name, factor=100):
    return [factor * neuron.report[name] for neuron in ended]


def plain_mean(report, name="accuracy"):
    return statistics.mean(model[name] for model in report["models"])
