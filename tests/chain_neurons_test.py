# SPDX-License-Identifier: MIT
"""Three neurons on the real Subtensor runtime: they register, find each other through the chain
alone, train, and set weights. In between the node is away, for as long as it takes to see them train
on, or for BITTENSOR_CHAIN_AWAY=SECONDS; ./run test --long: a minute."""

import os
import tempfile
import time
import unittest

from chopsticks import free_port
from programs import BITTENSOR
from subnet import NETUID, Subnet, Three, run_program, wait_until
from tcp_proxy import TcpProxy


AWAY = float(os.environ.get("BITTENSOR_CHAIN_AWAY", "60" if os.environ.get("BITTENSOR_LONG") else "0"))
SET = "neurons are set in block"


class ChainNeurons(unittest.TestCase):
    steps = 0

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
        lines = three.wait_for_axons()
        self.assertEqual({line["axon"].split(":")[0] for line in lines},
                         {"127.0.0.2", "127.0.0.3", "127.0.0.4"})
        for neuron in three.neurons:  # found by the chain, and asked
            neuron.wait_for("step", lambda event: event["peers"] == 2 and event["answers_ok"] > 0)
        rows = three.wait_for_weights()
        for uid in three.uids:
            self.assertEqual(set(rows[uid]), set(three.uids) - {uid})

        shown = run_program(BITTENSOR, "metagraph", "--chain_endpoint", self.subnet.node.endpoint,
                            "--netuid", NETUID, "--csv")
        for line in lines:
            self.assertIn(line["axon"], shown)

        # The node is away: all train on with those they know.
        self.proxy.mode = "cut"
        gone = time.monotonic()
        three.wait_until_all_say(f"chain: ws://127.0.0.1:{self.port}")
        while not self.steps or time.monotonic() < gone + AWAY:
            for neuron in three.neurons:
                self.trains_on(neuron)

        # It is back: they catch up, and set weights again.
        before = {line["hotkey"]: line["last_update"] for line in self.subnet.table()}
        times = [neuron.stderr().count(SET) for neuron in three.neurons]
        self.proxy.mode = None
        back = time.monotonic()
        for neuron, said in zip(three.neurons, times):
            wait_until("new weights", lambda: neuron.stderr().count(SET) > said)
        for line in self.subnet.table():
            self.assertTrue(line["uid"] not in three.uids or
                            line["last_update"] > before[line["hotkey"]], line)
        print(f"away for {back - gone:.0f} s, in which {self.steps} steps were waited for; "
              f"all have set weights again {time.monotonic() - back:.0f} s later")

    def trains_on(self, neuron):
        """With answers of both others."""
        neuron.forget_events()
        step = neuron.wait_for("step")
        neuron.wait_for("step", lambda event: event["peers"] == 2 and
                        event["answers_ok"] > step["answers_ok"])
        self.steps += 1


if __name__ == "__main__":
    unittest.main()
