# SPDX-License-Identifier: MIT
"""Several neurons, as processes, on real sockets."""

import json
import shutil
import signal
import socket
import subprocess

from programs import BITTENSOR, DATA, MNIST, PATIENCE, TLS_DATA, ProgramTest


SMALL = ("--steps", "8", "--test_images", "100")


class Swarm(ProgramTest):
    def swarm(self, *arguments):
        return subprocess.run([BITTENSOR, "swarm", MNIST, "--dir", self.folder / "swarm", *arguments],
                              capture_output=True, text=True, timeout=PATIENCE)

    def test_two_neurons_ask_each_other_and_learn(self):
        out = self.folder / "out.json"
        run = self.swarm("--neurons", "2", "--json", out, "--data", DATA, "--epochs", "4", "--share",
                         "1/1")
        self.assertEqual(run.returncode, 0, run.stderr)
        neurons = json.loads(out.read_text())["neurons"]
        self.assertEqual(len(neurons), 2)
        for neuron in neurons:
            self.assertGreater(neuron["local_accuracy"], 0.75)
            self.assertGreater(neuron["network_accuracy"], 0.75)
            self.assertGreater(neuron["answers_ok"], 0)
            self.assertEqual(neuron["answers_failed"], 0)
            self.assertGreater(neuron["images_per_second"], 0)
            # All of the weight is the only peer's.
            self.assertAlmostEqual(sum(neuron["weights"].values()), 1, delta=0.01)
            self.assertTrue((self.folder / neuron["checkpoint"]).exists())
        self.assertIn("On average: ", run.stdout)
        self.assertIn(f"{self.folder}/swarm/neuron-*/", run.stdout)

    def test_each_neuron_has_a_share_of_its_own_and_the_keys_of_all(self):
        out = self.folder / "out.json"
        run = self.swarm("--neurons", "3", "--neurons", "2", "--json", out, "--data", DATA,
                         "--epochs", "1")
        self.assertEqual(run.returncode, 0, run.stderr)
        keys = [neuron["key"] for neuron in json.loads(out.read_text())["neurons"]]
        known = (self.folder / "swarm" / "known.keys").read_text().splitlines()
        self.assertEqual([line for line in known if not line.startswith("#")], keys)

    def test_a_neuron_that_fails_is_named_and_the_status_is_not_zero(self):
        run = self.swarm("--data", "/nowhere")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("/nowhere", run.stderr)

    def test_what_the_neurons_cannot_take_is_said_in_one_line(self):
        for argument, reason in (("--epoch", "--epoch"), ("--report=x", "the swarm's to set")):
            run = self.swarm(argument)
            self.assertGreater(run.returncode, 0)
            self.assertIn(reason, run.stderr)

    def test_killed_neuron_leaves_the_others_training(self):
        first = self.neuron("a", "--epochs", "5", "--min_peers", "2", "--stay")
        bootstrap = first.wait_for("started")["metagraph"]
        second = self.neuron("b", "--epochs", "5", "--min_peers", "2", "--stay", "--bootstrap",
                             bootstrap)
        third = self.neuron("c", "--epochs", "1000", "--min_peers", "2", "--bootstrap", bootstrap)
        third.wait_for("step", lambda event: event["answers_ok"] > 0)
        third.process.send_signal(signal.SIGKILL)
        for neuron in (first, second):
            self.assertGreater(neuron.wait_for("report")["local_accuracy"], 0.75)
        for neuron in (first, second):
            neuron.process.send_signal(signal.SIGTERM)
        for neuron in (first, second):
            self.assertEqual(neuron.finish(), 0, neuron.stderr())

    def test_neurons_of_ipv6_find_and_ask_each_other(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError as error:
            self.skipTest(f"no IPv6 on this machine: {error}")
        first = self.neuron("a", *SMALL, "--min_peers", "2", "--stay", "--listen_ip", "::1")
        bootstrap = first.wait_for("started")["metagraph"]
        self.assertTrue(bootstrap.startswith("[::1]:"), bootstrap)
        second = self.neuron("b", *SMALL, "--min_peers", "2", "--stay", "--listen_ip", "::", 
                             "--remote_ip", "::1", "--bootstrap", bootstrap)
        # One that is told at an IPv4 address of the same machine: "::" takes both kinds.
        third = self.neuron("c", *SMALL, "--min_peers", "2", "--stay", "--listen_ip", "::",
                            "--bootstrap", bootstrap)
        for neuron in (first, second, third):
            report = neuron.wait_for("report")
            self.assertGreater(report["answers_ok"], 0, neuron.stderr())
            self.assertEqual(report["answers_failed"], 0, neuron.stderr())

    def test_neuron_alone_asks_itself(self):
        alone = self.neuron("a", "--epochs", "4")
        report = alone.wait_for("report")
        self.assertEqual(alone.finish(), 0)
        self.assertGreater(report["local_accuracy"], 0.75)
        self.assertEqual(report["answers_ok"], 0)
        self.assertEqual(report["answers_failed"], 0)
        # It heard nobody: its last line is no verdict on the network.
        self.assertTrue(report["hardly_helped"])
        last = [event["line"] for event in alone.events if event["event"] == "say"][-1]
        self.assertNotIn("network test accuracy", last)
        self.assertIn("others answered in 0 of", last)

    def test_third_neuron_joins_later_by_any_of_the_others(self):
        first = self.neuron("a", "--epochs", "1000", "--stay")
        second = self.neuron("b", "--epochs", "1000", "--bootstrap",
                             first.wait_for("started")["metagraph"])
        second_address = second.wait_for("started")["metagraph"]
        second.wait_for("step", lambda event: event["peers"] == 1)
        third = self.neuron("c", "--epochs", "1000", "--bootstrap", second_address)
        third.wait_for("step", lambda event: event["peers"] == 2)
        first.wait_for("step", lambda event: event["peers"] == 2)
        third.process.send_signal(signal.SIGTERM)  # It says goodbye: forgotten at once.
        first.wait_for("step", lambda event: event["peers"] == 1)


class Encrypted(ProgramTest):
    def pair(self, *tls):
        first = self.neuron("a", *SMALL, "--min_peers", "1", "--stay", *tls)
        bootstrap = first.wait_for("started")["metagraph"]
        second = self.neuron("b", *SMALL, "--min_peers", "1", "--stay", *tls,
                             "--bootstrap", bootstrap)
        for neuron in (first, second):
            report = neuron.wait_for("report")
            self.assertGreater(report["answers_ok"], 0, neuron.stderr())
            self.assertEqual(report["answers_failed"], 0, neuron.stderr())
        return bootstrap

    def test_neurons_with_tls_ask_each_other_and_tell_one_without(self):
        bootstrap = self.pair("--tls")
        plain = self.neuron("plain", *SMALL, "--bootstrap", bootstrap)
        self.assertEqual(plain.finish(), 0, plain.stderr())
        self.assertIn("start this neuron with --tls, too", plain.stderr())

    def test_neurons_with_an_authority_ask_each_other(self):
        key = self.folder / "tls.key"
        shutil.copyfile(TLS_DATA / "neuron.key", key)
        key.chmod(0o600)
        bootstrap = self.pair("--tls_ca", TLS_DATA / "authority.pem", "--tls_certificate",
                              TLS_DATA / "neuron.pem", "--tls_key", key)
        stranger = self.neuron("stranger", *SMALL, "--tls", "--bootstrap", bootstrap)
        self.assertEqual(stranger.finish(), 0, stranger.stderr())
        self.assertIn("--tls_ca", stranger.stderr())
