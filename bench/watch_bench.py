#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What it costs to be watched: a neuron with everything switched on against one with nothing.

Everything: status and metrics files, TensorBoard, /metrics, asked each second, a trace and a page.
Both train the same batches and ask the same peer, in turns.
"""

import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request

import rounds

ROUNDS = 6
IMAGES = 25600  # a round
LEAST_ACCURACY = 0.93


def free_port():
    """Below the ports that the system gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 30_000)
        try:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", port))
            return port
        except OSError:
            pass


class Scraper(threading.Thread):
    """Asks for /metrics each second, as Prometheus does at its most eager."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.ended, self.answers = port, threading.Event(), 0

    def run(self):
        while not self.ended.wait(1.0):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as page:
                    self.answers += b"bittensor_training_steps_total" in page.read()
            except OSError:
                pass  # It does not listen yet, or no more.


def round_of(watched, data, bootstrap):
    """Images a second, and a CPU second, of the whole program."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        options = ["--no_status", "--no_tensorboard", "--no_report_page"]
        scraper = None
        if watched:
            scraper = Scraper(free_port())
            options = ["--metrics_port", scraper.port, "--trace", folder / "trace.json"]
            scraper.start()
        neuron = subprocess.Popen(
            rounds.neuron(folder, "--data", data, "--threads", 1, "--epochs", 1, "--train_images",
                          IMAGES, "--test_images", 2000, "--progress", "lines", "--bootstrap",
                          bootstrap, "--min_peers", 1, "--report", folder / "report.json",
                          *options), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(neuron.pid, 0)
        neuron.returncode = os.waitstatus_to_exitcode(status)
        assert neuron.returncode == 0, neuron.returncode
        report = json.loads((folder / "report.json").read_text())
        assert report["local_accuracy"] > LEAST_ACCURACY, report
        assert report["answers_ok"] > 10, "it asked nobody"
        if watched:
            scraper.ended.set()
            assert scraper.answers > 0, "/metrics did not answer"
            for name in ("neuron.status.json", "neuron.metrics.jsonl", "neuron.report.html"):
                assert (folder / name).stat().st_size > 1000, name
            assert len(json.loads((folder / "trace.json").read_text())) > 1000
        return report["images_per_second"], IMAGES / (usage.ru_utime + usage.ru_stime)


def main():
    options = rounds.parser(__doc__).parse_args()
    data = rounds.data_folder(options.data)
    results = rounds.Results()
    with tempfile.TemporaryDirectory() as folder:
        peer = subprocess.Popen(
            rounds.neuron(folder, "--data", data, "--threads", 1, "--epochs", 0, "--stay",
                          "--test_images", 100, "--progress", "json"),
            stdout=subprocess.PIPE, text=True)
        try:
            started = json.loads(peer.stdout.readline())
            while started["event"] != "started":
                started = json.loads(peer.stdout.readline())
            with_, without = [], []
            for number in range(ROUNDS):
                order = (True, False) if number % 2 == 0 else (False, True)
                for watched in order:
                    found = round_of(watched, data, started["metagraph"])
                    (with_ if watched else without).append(found)
        finally:
            peer.kill()
            peer.wait()
    results.add("watch.images_per_s_with", [wall for wall, _ in with_], "images/s")
    results.add("watch.images_per_s_without", [wall for wall, _ in without], "images/s")
    results.add("watch.speed_kept", [a[0] / b[0] for a, b in zip(with_, without)], "")
    results.add("watch.cpu_kept", [a[1] / b[1] for a, b in zip(with_, without)], "")
    results.write(options.json)


if __name__ == "__main__":
    sys.exit(main())
