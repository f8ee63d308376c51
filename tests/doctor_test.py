# SPDX-License-Identifier: MIT
"""`bittensor doctor` on machines with something wrong."""

import json
import os
import socket
import struct
import subprocess
import threading
import time

from programs import BITTENSOR, PATIENCE, ProgramTest

SECONDS_FROM_1900_TO_1970 = 2_208_988_800


class Doctor(ProgramTest):
    def examine(self, *arguments, **environment):
        """The findings by the name of the check, and the exit status."""
        key = self.folder / "doctor.key"
        ports = [] if "--axon_port" in arguments else ["--axon_port", "0", "--metagraph_port", "0"]
        run = subprocess.run([BITTENSOR, "doctor", "--json", "--neuron_key", key, "--listen_ip",
                              "127.0.0.1", *ports, *arguments], capture_output=True, text=True,
                             timeout=PATIENCE, env={**os.environ, **environment})
        self.assertIn(run.returncode, (0, 1), run.stderr)
        findings = {finding["check"]: finding for finding in json.loads(run.stdout)}
        wrong = [finding for finding in findings.values() if finding["state"] == "wrong"]
        self.assertEqual(run.returncode, 1 if wrong else 0)
        return findings

    def time_server(self, ahead):
        """The address of one whose clock is so many seconds ahead of this machine's."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))

        def answer():
            _, asker = server.recvfrom(48)
            now = (time.time() + ahead + SECONDS_FROM_1900_TO_1970) * 2**32
            server.sendto(struct.pack("!B31xQQ", 0x24, int(now), int(now)), asker)

        threading.Thread(target=answer, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    def test_right_clock_is_good_and_wrong_ones_are_found(self):
        self.assertEqual(self.examine("--time_server", self.time_server(0))["clock"]["state"], "good")
        slow = self.examine("--time_server", self.time_server(3600))["clock"]
        self.assertEqual(slow["state"], "wrong")
        self.assertIn("3600.0 s behind", slow["what"])
        self.assertIn("set-ntp", slow["mend"])

    def test_port_that_is_taken_is_found(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            findings = self.examine("--time_server", "127.0.0.1:9", "--axon_port", str(port),
                                    "--metagraph_port", "0")
        self.assertEqual(findings["axon_port"]["state"], "wrong")
        self.assertIn(str(port), findings["axon_port"]["mend"])
        self.assertEqual(findings["metagraph_port"]["state"], "good")
        self.assertEqual(findings["clock"]["state"], "unknown")

    def test_peers_are_found_and_whether_they_reach_this_machine(self):
        neuron = self.neuron("a", "--stay", "--steps", "1", "--test_images", "10",
                             "--train_images", "64")
        metagraph = neuron.wait_for("started")["metagraph"]
        findings = self.examine("--time_server", "127.0.0.1:9", "--bootstrap", metagraph, "--wait",
                                "100")  # As soon as both are so it ends.
        self.assertEqual(findings["peers"]["state"], "good")
        self.assertEqual(findings["reachable"]["state"], "good")
        # As behind a router that forwards nothing: others are told an address that is not ours.
        findings = self.examine("--time_server", "127.0.0.1:9", "--bootstrap", metagraph,
                                "--remote_ip", "127.0.0.9", "--metagraph_port", "0", "--axon_port",
                                "0", "--wait", "15")
        self.assertEqual(findings["peers"]["state"], "good")
        self.assertEqual(findings["reachable"]["state"], "wrong")
        self.assertIn("127.0.0.9", findings["reachable"]["what"])

    def test_nobody_at_the_bootstrap_is_found(self):
        findings = self.examine("--time_server", "127.0.0.1:9", "--bootstrap", "127.0.0.1:9",
                                "--wait", "1")
        self.assertEqual(findings["peers"]["state"], "wrong")
        self.assertEqual(findings["reachable"]["state"], "unknown")

    def test_takes_the_file_of_a_neuron(self):
        path = self.folder / "neuron.toml"
        path.write_text("threads = 4096\nshare = '1/4'\nepochs = 3\nmodel = 'conv'\n")
        findings = self.examine("--time_server", "127.0.0.1:9", "--config", str(path))
        self.assertEqual(findings["threads"]["state"], "wrong")
        self.assertIn("4096 threads", findings["threads"]["what"])

    def test_key_file_that_others_may_read_is_found(self):
        key = self.folder / "doctor.key"
        subprocess.run([BITTENSOR, "wallet", "create", key], check=True, capture_output=True)
        key.chmod(0o644)
        findings = self.examine("--time_server", "127.0.0.1:9")
        self.assertEqual(findings["key"]["state"], "wrong")
        self.assertIn("chmod 600", findings["key"]["mend"])

    def test_data_that_nothing_fetches_is_found(self):
        findings = self.examine("--time_server", "127.0.0.1:9", PATH="/nowhere",
                                BITTENSOR_CACHE=str(self.folder / "cache"))
        self.assertEqual(findings["data"]["state"], "wrong")
        self.assertIn("npm", findings["data"]["mend"])
