# SPDX-License-Identifier: MIT
"""What the tests of whole programs share: starting a neuron and reading what it says."""

import json
import os
import pathlib
import queue
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ["BITTENSOR_BUILD"])
MNIST = BUILD / "examples" / "mnist"
CIFAR = BUILD / "examples" / "cifar"
BERT = BUILD / "examples" / "bert"
BITTENSOR = BUILD / "app" / "bittensor"
DATA = ROOT / "tests" / "data" / "mnist"
CIFAR_DATA = ROOT / "tests" / "data" / "cifar10"
SPEECHES = ROOT / "tests" / "data" / "speeches"
VOCAB = ROOT / "tests" / "data" / "bert" / "vocab.txt"
TLS_DATA = ROOT / "tests" / "data" / "tls"

# The proof of work of a key, a fifth of a second: tests that are about it ask for it.
os.environ.setdefault("BITTENSOR_RECORD_DIFFICULTY", "0")

PATIENCE = 120  # seconds: for slow machines and sanitizers; nothing waits for it to pass


class Neuron:
    """A running example program. Its events are read as they come."""

    def __init__(self, folder, *arguments, program=MNIST, data=DATA, env=None, stdin=None,
                 preexec_fn=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = open(self.folder / "log", "w+")
        command = [program, "--axon_port", "0", "--metagraph_port", "0", "--listen_ip", "127.0.0.1",
                   "--neuron_key", self.folder / "neuron.key", "--progress", "json",
                   "--threads", "1", "--log_interval", "4", "--data", data, *arguments]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=stdin, stdout=subprocess.PIPE, stderr=self.log,
            text=True, env={**os.environ, **(env or {})}, preexec_fn=preexec_fn)
        self.events = []
        self._queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._queue.put(json.loads(line))
        self._queue.put(None)

    def wait_for(self, name, where=lambda event: True):
        """The next event of that name. Fails with the neuron's log if it ends before."""
        end = time.monotonic() + PATIENCE
        while True:
            event = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            if event is None:
                raise AssertionError(f"ended before '{name}': {self.stderr()}")
            self.events.append(event)
            if event["event"] == name and where(event):
                return event

    def forget_events(self):
        """Those that came and nobody waited for: wait_for() then gives what is so now."""
        while not self._queue.empty():
            self._queue.get()

    def finish(self):
        """Waits for the end; the exit status."""
        status = self.process.wait(timeout=PATIENCE)
        while (event := self._queue.get(timeout=PATIENCE)) is not None:
            self.events.append(event)
        return status

    def losses(self):
        return [(e["epoch"], e["images"], e["local_loss"], e["network_loss"])
                for e in self.events if e["event"] == "step"]

    def stderr(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class ProgramTest(unittest.TestCase):
    """Gives each test a folder of its own and stops what it started."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def neuron(self, name, *arguments, **options):
        neuron = Neuron(self.folder / name, *arguments, **options)
        self.addCleanup(neuron.close)
        return neuron


class WatchedTest(ProgramTest):
    """Looks at what neurons say of themselves."""

    def status(self, neuron):
        """The state that its status file holds; None before there is one."""
        try:
            return json.loads((neuron.folder / "neuron.status.json").read_text())
        except FileNotFoundError:
            return None

    def until(self, neuron, found):
        """The first state for which found(state) is something, and that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            state = self.status(neuron)
            if state and (what := found(state)):
                return state, what
            self.assertIsNone(neuron.process.poll(), neuron.stderr())
            time.sleep(0.05)
        self.fail(f"not in time; the last state: {json.dumps(state)}")

    def until_waiting(self, neuron, what):
        return self.until(neuron, lambda state: next(
            (wait for wait in state["training"]["waiting"] if what in wait["what"]), None))

    def until_event(self, neuron, kind, text):
        return self.until(neuron, lambda state: next(
            (event for event in state["events"]
             if event["kind"] == kind and text in event["text"]), None))

    def bittensor_status(self, *arguments):
        run = subprocess.run([BITTENSOR, "status", *map(str, arguments)], capture_output=True,
                             text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout
