# SPDX-License-Identifier: MIT
"""The client against the real Subtensor runtime: the C++ cases of chain_node_test, and the program."""

import json
import os
import subprocess
import tempfile
import unittest

from chopsticks import Chopsticks
from programs import BITTENSOR, BUILD, WatchedTest

PATIENCE = 500  # seconds
NODE_TEST = BUILD / "bittensor" / "chain" / "chain_node_test"
ALICE = "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"
# The key of //Alice, whom everybody knows, as a key file.
ALICE_KEY = ("bittensor-key-v1 ed25519 "
             "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115 "
             "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee\n")


class ChainTest(WatchedTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.chain = Chopsticks(folder.name)
        cls.addClassCleanup(cls.chain.stop)
        cls.alice = os.path.join(folder.name, "alice.key")
        with open(os.open(cls.alice, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(ALICE_KEY)

    def run_program(self, *arguments, expect=0, answer=""):
        done = subprocess.run(
            [BITTENSOR, "chain", *arguments], input=answer, capture_output=True, text=True,
            timeout=PATIENCE)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + (done.stderr if expect else "")

    def on_chain(self, command, *arguments, **options):
        return self.run_program(command, "--chain_endpoint", self.chain.endpoint, *arguments,
                                **options)

    def test_1_the_cases_in_cpp(self):
        # HTTP carries the same questions: what differs is how new blocks are noticed.
        for endpoint, cases in ((self.chain.endpoint, "*"), (self.chain.http_endpoint, "*.MoneyMoves*")):
            done = subprocess.run([NODE_TEST, f"--gtest_filter={cases}"], capture_output=True,
                                  text=True, timeout=PATIENCE,
                                  env={**os.environ, "BITTENSOR_CHAIN_ENDPOINT": endpoint})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_2_a_neuron_from_the_command_line(self):
        hotkey = os.path.join(self.folder, "neuron.key")
        subprocess.run([BITTENSOR, "wallet", "create", hotkey], check=True, capture_output=True)
        said = self.on_chain("register", "--netuid", "1", "--neuron_key", hotkey, "--coldkey",
                             self.alice, answer="no\n", expect=1)
        self.assertIn("costs", said)
        self.assertIn("not confirmed", said)
        said = self.on_chain("register", "--netuid", "1", "--neuron_key", hotkey, "--coldkey",
                             self.alice, "--yes")
        self.assertIn("uid", said)
        self.on_chain("serve", "--netuid", "1", "--neuron_key", hotkey, "--axon",
                      "127.0.0.3:8091", "--yes")
        table = json.loads(self.on_chain("neurons", "--netuid", "1", "--json"))
        mine = [one for one in table if one["axon"] == "127.0.0.3:8091"]
        self.assertEqual(len(mine), 1, table)
        self.on_chain("weights", "--netuid", "1", "--neuron_key", hotkey, "--set",
                      f"{mine[0]['uid']}=1", "--yes")
        row = json.loads(self.on_chain("weights", "--netuid", "1", "--json"))
        self.assertIn([mine[0]["uid"], mine[0]["uid"], 65535], row)

    def test_3_a_transfer_says_what_it_costs(self):
        said = self.on_chain("transfer", "--key", self.alice, "--to", ALICE, "--tao", "2.5",
                             "--yes")
        self.assertIn("2.5 TAO", said)
        self.assertIn("fee", said)
        said = self.on_chain("transfer", "--key", self.alice, "--to", ALICE, "--tao", "99999999",
                             "--yes", expect=1)
        self.assertIn("TAO", said)

    def test_4_nothing_is_asked_by_default(self):
        self.assertIn("--chain_endpoint", self.run_program("status", expect=2))

    def unregistered(self, *arguments, **options):
        """A neuron that has to be registered first."""
        return self.neuron("a", "--chain_endpoint", self.chain.endpoint, "--netuid", "1",
                           "--coldkey", self.alice, *arguments, **options)

    def test_5_a_neuron_says_that_it_waits_for_a_yes(self):
        terminal, its_end = os.openpty()
        self.addCleanup(os.close, terminal)
        neuron = self.unregistered(stdin=its_end)
        os.close(its_end)
        _, wait = self.until_waiting(neuron, "a yes at its terminal")
        self.assertIsNone(wait["until_s"])
        self.assertIn("waits for a yes at its terminal: to be registered costs, since",
                      self.bittensor_status(neuron.folder))
        os.write(terminal, b"no\n")
        self.assertEqual(neuron.finish(), 1)
        self.assertIn("not confirmed: nothing was done", neuron.stderr())

    def test_5_a_neuron_says_that_it_works_for_its_place(self):
        self.chain.ask("dev_setStorage", {"SubtensorModule": {"Difficulty": [[[1], 2**52]]}})
        neuron = self.unregistered("--chain_work", "--yes")
        _, wait = self.until_waiting(neuron, "the proof of work that registers it")
        self.assertIsNone(wait["until_s"])
        self.assertIn("waits for the proof of work that registers it",
                      self.bittensor_status(neuron.folder))
        neuron.process.terminate()
        self.assertEqual(neuron.finish(), 1)

    def test_6_status(self):
        said = json.loads(self.on_chain("status", "--netuid", "1", "--json"))
        self.assertEqual(said["subnet"]["kappa"], 32767)
        self.assertGreater(said["block"], 0)


if __name__ == "__main__":
    unittest.main()
