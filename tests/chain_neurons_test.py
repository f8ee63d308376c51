# SPDX-License-Identifier: MIT
"""Three neurons on the real Subtensor runtime: they register, find each other through the chain
alone, train, and set weights. In between the node is away."""

import tempfile
import unittest

from chopsticks import free_port
from programs import BITTENSOR
from subnet import NETUID, Subnet, Three, run_program, wait_until
from tcp_proxy import TcpProxy


class ChainNeurons(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.subnet = Subnet(folder.name)
        self.addCleanup(self.subnet.close)
        self.port = free_port()
        self.proxy = TcpProxy(("127.0.0.1", self.port), ("127.0.0.1", self.subnet.node.port))
        self.addCleanup(self.proxy.close)

    def test_three_neurons(self):
        self.subnet.start_clock()
        three = Three(self.subnet, "--epochs", "1000000",
                      endpoint=f"ws://127.0.0.1:{self.port}")
        self.addCleanup(three.close)
        lines = three.give_stake()
        self.assertEqual({line["axon"].split(":")[0] for line in lines},
                         {"127.0.0.2", "127.0.0.3", "127.0.0.4"})
        for neuron in three.neurons:  # found by the chain, and asked
            neuron.wait_for("step", lambda event: event["peers"] == 2 and event["answers_ok"] > 0)
        three.wait_for_weights()

        shown = run_program(BITTENSOR, "metagraph", "--chain_endpoint", self.subnet.node.endpoint,
                            "--netuid", NETUID, "--csv")
        for line in lines:
            self.assertIn(line["axon"], shown)

        # The node is away: all train on with those they know.
        self.proxy.mode = "cut"
        for neuron in three.neurons:
            wait_until("a warning", lambda: f"chain: ws://127.0.0.1:{self.port}" in neuron.stderr())
            neuron.forget_events()
            step = neuron.wait_for("step")
            neuron.wait_for("step", lambda event: event["peers"] == 2 and
                            event["answers_ok"] > step["answers_ok"])

        # It is back: they catch up, and set weights again.
        before = {line["hotkey"]: line["last_update"] for line in self.subnet.table()}
        self.proxy.mode = None
        wait_until("new weights", lambda: all(
            line["last_update"] > before[line["hotkey"]] for line in self.subnet.table()
            if line["uid"] in three.uids), patience=300)


if __name__ == "__main__":
    unittest.main()
