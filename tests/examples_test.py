# SPDX-License-Identifier: MIT
"""The examples that README and ARCHITECTURE point to run as they say, beside a neuron of mnist."""

import subprocess

from programs import BUILD, DATA, PATIENCE, ProgramTest

STEP_BY_STEP = BUILD / "examples" / "step_by_step"
CUSTOM = BUILD / "examples" / "custom"


class Examples(ProgramTest):
    def peer(self):
        """A neuron that trains and then goes on serving; where it gossips."""
        neuron = self.neuron("peer", "--epochs", "4", "--stay")
        address = neuron.wait_for("started")["metagraph"]
        neuron.wait_for("report")
        return address

    def test_step_by_step_learns_and_asks_the_same_network(self):
        run = subprocess.run(
            [STEP_BY_STEP, "--axon_port", "0", "--metagraph_port", "0", "--listen_ip", "127.0.0.1",
             "--neuron_key", self.folder / "key", "--data", DATA, "--epochs", "8", "--min_peers",
             "1", "--bootstrap", self.peer(), "--log_interval", "16", "--threads", "1"],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("peers 1", run.stdout)
        accuracy = float(run.stdout.rsplit("local test accuracy ", 1)[1].split()[0])
        self.assertGreater(accuracy, 75)

    def test_a_model_of_ones_own_joins_the_same_network(self):
        run = subprocess.run([CUSTOM, self.peer(), DATA], cwd=self.folder, capture_output=True,
                             text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("1 peer", run.stdout)
        accuracy = float(run.stdout.split("accuracy ", 1)[1].split()[0])
        self.assertGreater(accuracy, 75)
