# SPDX-License-Identifier: MIT
"""The examples that README and ARCHITECTURE point to run as they say, beside a neuron of mnist."""

import json
import subprocess

from programs import BUILD, DATA, PATIENCE, ProgramTest

STEP_BY_STEP = BUILD / "examples" / "step_by_step"
CUSTOM = BUILD / "examples" / "custom"


class Examples(ProgramTest):
    def peer(self, **options):
        """A neuron that trains and then goes on serving; where it gossips."""
        neuron = self.neuron("peer", "--epochs", "4", "--stay", **options)
        address = neuron.wait_for("started")["metagraph"]
        neuron.wait_for("report")
        return address

    def assert_status_ended(self, file, program):
        """It said all the time what it did; the last of it stays."""
        state = json.loads(file.read_text())
        self.assertEqual(state["neuron"]["program"], program)
        self.assertEqual(state["training"]["phase"], "ended")
        self.assertEqual(state["training"]["step"], state["training"]["steps"])
        self.assertGreater(state["peers"][0]["answered"], 0)
        self.assertIn("came", {event["kind"] for event in state["events"]})

    def test_step_by_step_learns_and_asks_the_same_network(self):
        run = subprocess.run(
            [STEP_BY_STEP, "--axon_port", "0", "--metagraph_port", "0", "--listen_ip", "127.0.0.1",
             "--neuron_key", self.folder / "key", "--data", DATA, "--epochs", "8", "--min_peers",
             "1", "--bootstrap", self.peer(), "--log_interval", "16", "--threads", "1"],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("peers 1", run.stdout)
        self.assert_status_ended(self.folder / "key.status.json", "step_by_step")
        accuracy = float(run.stdout.rsplit("local test accuracy ", 1)[1].split()[0])
        self.assertGreater(accuracy, 75)

    def test_a_model_of_ones_own_joins_the_same_network(self):
        address = self.peer(env={"BITTENSOR_RECORD_DIFFICULTY": ""})  # custom wants the usual
        run = subprocess.run([CUSTOM, address, DATA], cwd=self.folder, capture_output=True,
                             text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("1 peer", run.stdout)
        self.assert_status_ended(self.folder / "neuron.status.json", "custom")
        accuracy = float(run.stdout.split("accuracy ", 1)[1].split()[0])
        self.assertGreater(accuracy, 75)
