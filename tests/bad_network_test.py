# SPDX-License-Identifier: MIT
"""The network between two neurons breaks in each way that TCP can break: training goes on, and
when the fault ends the peer is asked again."""

import os

from programs import ProgramTest
from tcp_proxy import MODES, TcpProxy


MOST_GROWTH = 48 << 20  # bytes; a request has 200 KB


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class BadNetwork(ProgramTest):
    def test_training_goes_on_and_the_peer_comes_back(self):
        # Known under another address of this machine, where the proxies are.
        peer = self.neuron("peer", "--epochs", "0", "--stay", "--remote_ip", "127.0.0.2")
        started = peer.wait_for("started")
        ports = [started["axon_port"], int(started["metagraph"].rsplit(":", 1)[1])]
        proxies = [TcpProxy(("127.0.0.2", port), ("127.0.0.1", port)) for port in ports]
        for proxy in proxies:
            self.addCleanup(proxy.close)

        neuron = self.neuron("a", "--epochs", "100000", "--timeout", "0.3", "--train_images", "256",
                             "--test_images", "64", "--log_level", "error",
                             "--bootstrap", started["metagraph"])
        asked = neuron.wait_for("step", lambda event: event["answers_ok"] > 0)
        bytes_before = resident_bytes(neuron.process.pid)
        files_before = len(os.listdir(f"/proc/{neuron.process.pid}/fd"))
        for mode in MODES:
            with self.subTest(mode):
                for proxy in proxies:
                    proxy.mode = mode
                failed = asked["answers_failed"]
                neuron.wait_for("step", lambda event: event["answers_failed"] > failed)
                for _ in range(5):
                    neuron.wait_for("step")
                for proxy in proxies:
                    proxy.mode = None
                before = neuron.wait_for("step")["answers_ok"]
                asked = neuron.wait_for("step", lambda event: event["answers_ok"] > before)
        self.assertIsNone(neuron.process.poll())
        self.assertIsNone(peer.process.poll())
        self.assertLess(resident_bytes(neuron.process.pid), bytes_before + MOST_GROWTH)
        # Connections that broke are closed.
        self.assertLess(len(os.listdir(f"/proc/{neuron.process.pid}/fd")), files_before + 8)
