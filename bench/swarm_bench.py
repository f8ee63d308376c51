#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a swarm fares when nothing is reliable: neurons are killed and started again all the time,
calls get lost, one member is hostile. Compared with the same swarm in quiet.

Prints a table; --json FILE writes swarm.crashes, swarm.hangs, swarm.answers_ok_ratio and
swarm.accuracy_gap (the worst survivor against the mean of the quiet run, in points of accuracy).
Ends with an error if a neuron crashed or hung."""

import argparse
import json
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HANG = 60  # seconds without a word


class Neuron:
    """One neuron: a folder with its key and checkpoints, and the process that lives in it now."""

    def __init__(self, folder, program, arguments):
        self.folder, self.command = folder, [program, *arguments]
        self.lives, self.crashes, self.hangs = 0, 0, 0
        self.ok = self.failed = 0
        self.report = self.process = None
        folder.mkdir(parents=True)

    def start(self, bootstrap):
        self.lives += 1
        self.metagraph, self.expected_end = None, False
        self.life_ok = self.life_failed = 0
        self.heard = time.monotonic()
        log = open(self.folder / "log", "a")
        arguments = ["--neuron_key", self.folder / "neuron.key"]
        if bootstrap:
            arguments += ["--bootstrap", ",".join(bootstrap)]
        self.process = subprocess.Popen([str(part) for part in [*self.command, *arguments]],
                                        stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process):
        for line in process.stdout:
            event = json.loads(line)
            self.heard = time.monotonic()
            if event["event"] == "started":
                self.axon_port, self.metagraph = event["axon_port"], event["metagraph"]
            elif event["event"] == "step":
                self.life_ok, self.life_failed = event["answers_ok"], event["answers_failed"]
            elif event["event"] == "report":
                self.report = event

    def look(self):
        """Notes what went wrong since the last look."""
        if self.expected_end:
            return
        if self.process.poll() is not None:
            self.crashes += 1
            self.expected_end = True
            print(f"{self.folder.name} ended with {self.process.returncode}: {self.folder}/log")
        elif self.report is None and time.monotonic() - self.heard > HANG:
            self.hangs += 1
            self.heard = time.monotonic()
            print(f"{self.folder.name} says nothing: {self.folder}/log")

    def kill(self, how=signal.SIGKILL):
        self.look()
        self.expected_end = True
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.hangs += 1
            self.process.kill()
            self.process.wait()
        self.ok += self.life_ok
        self.failed += self.life_failed
        self.process.stdout.close()


def rubbish_to(neurons, moments, stop):
    """Sends bytes that mean nothing to everybody's ports."""
    while not stop.wait(0.05):
        neuron = moments.choice(neurons)
        if neuron.metagraph is None:
            continue
        port = moments.choice([neuron.axon_port, int(neuron.metagraph.rsplit(":", 1)[1])])
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" * moments.randint(0, 1) +
                                   moments.randbytes(moments.randint(0, 4096)))
        except OSError:
            pass


def run(options, folder, hostile):
    moments = random.Random(options.seed)
    arguments = ["--axon_port", "0", "--metagraph_port", "0", "--listen_ip", "127.0.0.1",
                 "--progress", "json", "--stay", "--threads", "1", "--log_interval", "10",
                 "--save_interval", "5", "--timeout", "2", "--epochs", options.epochs,
                 "--log_level", "warning"]
    if options.data:
        arguments += ["--data", options.data]
    if options.train_images:
        arguments += ["--train_images", options.train_images]
    if options.test_images:
        arguments += ["--test_images", options.test_images]
    neurons = []
    for i in range(options.neurons):
        fault = []
        if hostile:
            # The last one's own calls are all damaged.
            fault = ["--fault", "transport.corrupt=1" if i == options.neurons - 1 else
                     f"transport.drop={options.drop}"]
        neurons.append(Neuron(folder / f"neuron-{i}", options.program,
                              [*arguments, "--seed", options.seed + i, *fault]))
    bootstrap = []
    for neuron in neurons:
        neuron.start(bootstrap)
        while not bootstrap and neuron.process.poll() is None:
            time.sleep(0.05)
            bootstrap = [neuron.metagraph] if neuron.metagraph else []
    stop = threading.Event()
    if hostile:
        threading.Thread(target=rubbish_to, args=(neurons, moments, stop), daemon=True).start()

    start = time.monotonic()
    next_kill = start + options.every
    end = start + options.seconds if hostile else start
    while True:
        time.sleep(0.2)
        for neuron in neurons:
            neuron.look()
        now = time.monotonic()
        if hostile and now < end and now >= next_kill:
            victim = moments.choice(neurons)
            victim.kill()
            known = [n.metagraph for n in neurons if n is not victim and n.metagraph]
            victim.report = None
            victim.start(moments.sample(known, min(3, len(known))))
            next_kill += options.every
        done = all(neuron.report or neuron.process.poll() is not None for neuron in neurons)
        if now >= end and done or now > end + options.patience:
            break
    stop.set()
    for neuron in neurons:
        if neuron.report is None and not neuron.expected_end:
            neuron.hangs += 1
            print(f"{neuron.folder.name} was not done in time: {neuron.folder}/log")
        neuron.kill(signal.SIGTERM)
    return neurons


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default=ROOT / "build/release/examples/mnist")
    parser.add_argument("--neurons", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=300, help="of kills and starts")
    parser.add_argument("--every", type=float, default=5, help="seconds between two kills")
    parser.add_argument("--drop", type=float, default=0.05, help="of calls, from 0 to 1")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--patience", type=float, default=600,
                        help="seconds after the last kill until all must be done")
    parser.add_argument("--train_images", type=int, default=6000)
    parser.add_argument("--test_images", type=int, default=2000)
    parser.add_argument("--data", default="", help="folder with the data set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write the numbers to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="swarm-") as folder:
        print(f"{options.neurons} neurons in quiet", flush=True)
        quiet = run(options, pathlib.Path(folder) / "quiet", hostile=False)
        print(f"the same, for {options.seconds:.0f} s with a kill every {options.every} s, "
              f"{options.drop:.0%} of calls lost, one of them hostile", flush=True)
        rough = run(options, pathlib.Path(folder) / "rough", hostile=True)
        everyone = quiet + rough
        crashes = sum(neuron.crashes for neuron in everyone)
        if crashes or any(neuron.hangs for neuron in everyone):
            kept = tempfile.mkdtemp(prefix="swarm-logs-")
            for neuron in rough:
                (neuron.folder / "log").rename(f"{kept}/{neuron.folder.name}.log")
            print("logs are kept in", kept)
    reported = [n.report["local_accuracy"] for n in quiet if n.report]
    honest = rough[:-1]
    survivors = [n for n in honest if n.report]
    if not reported or not survivors:
        sys.exit("swarm: nobody came to its end")
    mean = sum(reported) / len(reported)
    ok, failed = sum(n.ok for n in honest), sum(n.failed for n in honest)
    result = {
        "swarm.neurons": options.neurons,
        "swarm.kills": sum(n.lives - 1 for n in rough),
        "swarm.crashes": crashes,
        "swarm.hangs": sum(n.hangs for n in everyone),
        "swarm.answers_ok_ratio": ok / max(ok + failed, 1),
        "swarm.accuracy_quiet": 100 * mean,
        "swarm.accuracy_gap": max(100 * (mean - n.report["local_accuracy"]) for n in survivors),
    }
    for name, number in result.items():
        print(f"{name:24} {number:10.4g}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(1 if result["swarm.crashes"] or result["swarm.hangs"] else 0)


if __name__ == "__main__":
    main()
