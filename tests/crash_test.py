# SPDX-License-Identifier: MIT
"""A neuron that is killed at any moment goes on from its last checkpoint, as who it was, with
its peers. BITTENSOR_KILLS=200 kills more often."""

import os
import random
import resource
import signal
import socket
import time

from programs import ProgramTest

KILLS = int(os.environ.get("BITTENSOR_KILLS", "5"))


class Crash(ProgramTest):
    def test_killed_at_random_moments_goes_on_each_time(self):
        seed = int(os.environ.get("BITTENSOR_SEED", time.time_ns() % 100000))
        print("BITTENSOR_SEED =", seed)
        moments = random.Random(seed)
        # Saves after nearly each step: most moments lie within one.
        arguments = ["--epochs", "100000", "--save_interval", "0.01", "--train_images", "256",
                     "--test_images", "100", "--batch_size_test", "100", "--log_interval", "1"]
        peer = self.neuron("peer", "--epochs", "0", "--stay")
        bootstrap = peer.wait_for("started")["metagraph"]
        neuron = self.neuron("a", *arguments, "--bootstrap", bootstrap)
        key = neuron.wait_for("started")["key"]
        neuron.wait_for("step", lambda event: event["peers"] == 1)
        # What is known is written within two seconds.
        while not (self.folder / "a" / "neuron.peers").exists():
            neuron.wait_for("step")
        saved = 0
        for kill in range(KILLS):
            saved = max(saved, neuron.wait_for("saved")["step"])
            time.sleep(moments.random() * 0.3)
            neuron.process.send_signal(signal.SIGKILL)
            neuron.finish()
            saved = max([saved] + [e["step"] for e in neuron.events if e["event"] == "saved"])

            neuron = self.neuron("a", *arguments)  # without a bootstrap
            self.assertGreaterEqual(neuron.wait_for("resumed")["step"], saved, f"kill {kill}")
            self.assertEqual(neuron.wait_for("started")["key"], key)
            neuron.wait_for("step", lambda event: event["peers"] == 1)
            self.assertNotIn("damaged", neuron.stderr())
        files = {path.name for path in (self.folder / "a").iterdir()
                 if not path.name.startswith("events.out.")}  # TensorBoard's: one a start
        self.assertLessEqual(len(files), 12, files)  # What was half-written does not pile up.


class Stop(ProgramTest):
    # A peer that says nothing must not keep the neuron either.
    def test_sigterm_saves_within_the_epoch_and_ends_within_five_seconds(self):
        silent = self.neuron("silent", "--epochs", "0", "--stay")
        bootstrap = silent.wait_for("started")["metagraph"]
        neuron = self.neuron("a", "--epochs", "100000", "--timeout", "60", "--bootstrap", bootstrap)
        neuron.wait_for("step", lambda event: event["answers_ok"] > 0)
        silent.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        start = time.monotonic()
        neuron.process.send_signal(signal.SIGTERM)
        self.assertNotEqual(neuron.finish(), 0)
        self.assertLess(time.monotonic() - start, 5)
        self.assertIn("resumes from", neuron.stderr())
        silent.process.send_signal(signal.SIGCONT)

    def test_run_that_is_stopped_within_an_epoch_is_the_run_that_was_not(self):
        arguments = ["--epochs", "3", "--log_interval", "1", "--batch_size_train", "40"]
        whole = self.neuron("whole", *arguments)
        self.assertEqual(whole.finish(), 0, whole.stderr())
        first = self.neuron("parts", *arguments)
        # Not in the first epoch: what is served then, to itself, is a model without a name.
        first.wait_for("step", lambda event: event["epoch"] == 2)
        first.process.send_signal(signal.SIGTERM)
        first.finish()
        second = self.neuron("parts", *arguments)
        self.assertEqual(second.finish(), 0, second.stderr())
        self.assertGreater(len(second.losses()), 0)
        self.assertEqual(whole.losses(), first.losses() + second.losses())

    def test_peers_are_told(self):
        first = self.neuron("a", "--epochs", "100000")
        second = self.neuron("b", "--epochs", "100000", "--bootstrap",
                             first.wait_for("started")["metagraph"])
        first.wait_for("step", lambda event: event["peers"] == 1)
        second.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        first.wait_for("step", lambda event: event["peers"] == 0)
        self.assertLess(time.monotonic() - start, 10)  # Forgotten only after 15 s otherwise.


class Shortage(ProgramTest):
    # Nothing can be opened any more: strangers hold all the connections.
    def test_out_of_file_descriptors_is_survived(self):
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        neuron = self.neuron("a", "--epochs", "100000", "--save_interval", "0.2",
                             preexec_fn=few_files)
        started = neuron.wait_for("started")
        neuron.wait_for("saved")
        address = ("127.0.0.1", started["axon_port"])
        strangers = []
        for _ in range(100):
            stranger = socket.socket()
            stranger.settimeout(5)
            self.addCleanup(stranger.close)
            strangers.append(stranger)
            try:
                stranger.connect(address)
            except OSError:
                pass
        for _ in range(10):
            neuron.wait_for("step")
        for stranger in strangers:
            stranger.close()
        neuron.wait_for("saved")
        other = self.neuron("b", "--epochs", "100000", "--bootstrap", started["metagraph"])
        other.wait_for("step", lambda event: event["answers_ok"] > 0)
