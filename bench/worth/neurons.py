# SPDX-License-Identifier: MIT
"""Starts the C++ programs' neurons as processes, each with arguments of its own, and hears what
they say."""

import dataclasses
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BITTENSOR_BUILD", ROOT / "build" / "release"))
PATIENCE = 1800  # seconds of a run


@dataclasses.dataclass
class Member:
    """What one neuron of a run is told."""
    arguments: list
    after: tuple = ()  # the numbers of those that must have reported before it starts
    alone: bool = False  # finds nobody


class Neuron:
    """One neuron: a folder with its key, and the process that lives in it now."""

    def __init__(self, folder, program, arguments):
        self.folder, self.program = folder, program
        self.arguments = [str(argument) for argument in arguments]
        self.report = self.process = self.metagraph = None
        self.away = False  # it was stopped on purpose
        self.events = []  # (seconds since the epoch, what it said)
        self.snapshots = []  # (seconds since it started, file)
        folder.mkdir(parents=True)
        self.key = subprocess.run([BUILD / "app" / "bittensor", "wallet", "create",
                                   folder / "neuron.key"], check=True, text=True,
                                  stdout=subprocess.PIPE).stdout.strip()

    def start(self, bootstrap, known):
        (self.folder / "known").write_text("".join(f"{key}\n" for key in known))
        command = [BUILD / "examples" / self.program, "--axon_port", 0, "--metagraph_port", 0,
                   "--listen_ip", "127.0.0.1", "--neuron_key", self.folder / "neuron.key",
                   "--known", self.folder / "known", "--progress", "json", "--stay",
                   "--threads", 1, "--record_difficulty", 8, *self.arguments]
        if bootstrap:
            command += ["--bootstrap", bootstrap]
        self.report, self.away, self.lines = None, False, queue.SimpleQueue()
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen([str(part) for part in command], text=True,
                                            stdout=subprocess.PIPE, stderr=log)
        threading.Thread(target=self._read, args=(self.process, self.lines), daemon=True).start()

    @staticmethod
    def _read(process, lines):
        for line in process.stdout:
            lines.put((time.time(), line))

    def hear(self):
        """Takes note of what it said since."""
        ended = self.process.poll() is not None
        while not self.lines.empty():
            moment, line = self.lines.get()
            try:
                event = json.loads(line)
            except ValueError:
                continue
            self.events.append((moment, event))
            if event["event"] == "started":
                self.metagraph = event["metagraph"]
            elif event["event"] == "report":
                self.report = event
        if ended and self.report is None and not self.away:
            raise RuntimeError(f"a neuron ended with {self.process.returncode}: " +
                               (self.folder / "log").read_text()[-500:])

    def keep_snapshot(self, folder):
        """Keeps the checkpoint that it has written, if it is a new one."""
        last = self.folder / "neuron.last.pt"
        started = [moment for moment, event in self.events if event["event"] == "started"]
        if not started or not last.exists():
            return
        seconds = last.stat().st_mtime - started[0]
        if not self.snapshots or seconds > self.snapshots[-1][0]:
            kept = folder / f"{self.folder.parent.name}-{self.folder.name}-{len(self.snapshots)}.pt"
            shutil.copy(last, kept)
            self.snapshots.append((seconds, kept))

    def keep_best(self, folder):
        self.best = folder / f"{self.folder.parent.name}-{self.folder.name}-best.pt"
        shutil.copy(self.folder / "neuron.pt", self.best)

    def stop(self, how=signal.SIGTERM):
        self.away = True
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(program, members, shared=(), during=None, wanted=None, snapshots=None):
    """Neurons that train together, one for each of `members`, after they have reported.

    `shared` are arguments of all; `during(neurons, seconds)` is called all the time; the run ends
    when the neurons numbered `wanted` (all) have reported. Into the folder `snapshots` go copies of
    each checkpoint that the last one writes, and of everyone's best."""
    wanted = range(len(members)) if wanted is None else wanted
    with tempfile.TemporaryDirectory(prefix="worth-") as folder:
        neurons = [Neuron(pathlib.Path(folder) / f"neuron-{i}", program,
                          [*shared, *member.arguments]) for i, member in enumerate(members)]
        start = time.time()
        try:
            while True:
                for i, (neuron, member) in enumerate(zip(neurons, members)):
                    if neuron.process is None:
                        _start(neurons, i, member)
                    else:
                        neuron.hear()
                if snapshots:
                    neurons[-1].keep_snapshot(snapshots)
                if all(neurons[i].report for i in wanted):
                    if snapshots:
                        for neuron in neurons:
                            neuron.keep_best(snapshots)
                    return neurons
                if during:
                    during(neurons, time.time() - start)
                if time.time() - start > PATIENCE:
                    raise RuntimeError(f"{program}: no end after {PATIENCE} s")
                time.sleep(0.05)
        finally:
            for neuron in neurons:
                neuron.stop()


def _start(neurons, number, member):
    """Starts it if those it waits for are there."""
    if any(neurons[other].report is None for other in member.after):
        return
    if member.alone:
        return neurons[number].start(None, [])
    first = next(i for i, neuron in enumerate(neurons) if neuron.process or i == number)
    if first != number and not neurons[first].metagraph:
        return
    keys = [neuron.key for i, neuron in enumerate(neurons) if i != number]
    neurons[number].start(neurons[first].metagraph if first != number else None, keys)
