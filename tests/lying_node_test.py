# SPDX-License-Identifier: MIT
"""A node that lies or breaks gives a clear error, and soon."""

import subprocess
import time
import unittest

from lying_node import GENESIS, LyingNode
from programs import BITTENSOR, TLS_DATA

VERSION = {"specName": "node-subtensor", "specVersion": 218, "transactionVersion": 1}


def honest(method, _params):
    return {"chain_getBlockHash": GENESIS, "chain_getHeader": {"number": "0x1"},
            "state_getRuntimeVersion": VERSION, "state_getMetadata": "0x", "state_call": "0x00"}[method]


class LyingNodeTest(unittest.TestCase):
    def ask(self, answer, *arguments, scheme="ws", nodes=(), tls=None):
        node = LyingNode(answer, tls and (TLS_DATA / f"{tls}.pem", TLS_DATA / f"{tls}.key"))
        self.addCleanup(node.stop)
        ports = [node.port, *nodes]
        endpoints = [part for port in ports
                     for part in ("--chain_endpoint", f"{scheme}://127.0.0.1:{port}")]
        begin = time.monotonic()
        done = subprocess.run([BITTENSOR, "chain", "status", "--timeout_s", "3", *endpoints, *arguments],
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertLess(time.monotonic() - begin, 60)
        return done.stderr

    def lie(self, method, lie):
        return lambda asked, params: lie if asked == method else honest(asked, params)

    def test_another_chain(self):
        said = self.ask(honest, "--chain_genesis", "46" * 32)
        self.assertIn("another chain", said)

    def test_lies_are_named(self):
        for scheme in ("ws", "http"):
            for method, lie, error in [
                ("chain_getBlockHash", "0x45", "32 bytes"),
                ("chain_getBlockHash", 7, "no bytes"),
                ("chain_getHeader", {"number": 1}, "no number"),
                ("chain_getHeader", [], "no number"),
                ("state_getRuntimeVersion", {"specVersion": "x"}, "specVersion"),
                ("state_getMetadata", "0x00", "no metadata"),
                ("state_getMetadata", "0x6d6574610d", "version 13"),
                ("state_getMetadata", "0x6d6574610efeffffff", "SCALE"),
                ("chain_getHeader", b"{", "no JSON"),
                ("chain_getHeader", b"[" * 100_000, "nested"),
                ("chain_getHeader", b"[" + b"0," * 400_000 + b"0]", "too many values"),
            ]:
                with self.subTest(scheme=scheme, method=method, lie=str(lie)[:40]):
                    self.assertIn(error, self.ask(self.lie(method, lie), scheme=scheme))

    def test_silence(self):
        self.assertIn("in time", self.ask(self.lie("chain_getHeader", None)))

    def test_a_connection_that_is_cut(self):
        self.assertIn("127.0.0.1", self.ask(self.lie("chain_getHeader", b"")))

    def test_an_answer_without_an_end(self):
        self.assertIn("127.0.0.1", self.ask(self.lie("chain_getHeader", b'"' + b"x" * (70 << 20))))

    def test_a_certificate_must_be_the_hosts(self):
        trusted = ("--chain_ca", TLS_DATA / "authority.pem")
        for scheme in ("wss", "https"):
            with self.subTest(scheme=scheme):
                # All is well, up to the lie.
                said = self.ask(self.lie("state_getMetadata", "0x00"), *trusted, scheme=scheme,
                                tls="neuron")
                self.assertIn("no metadata", said)
                self.assertIn("TLS", self.ask(honest, scheme=scheme, tls="neuron"))
                for other in ("elsewhere", "expired", "stranger"):
                    self.assertIn("TLS", self.ask(honest, *trusted, scheme=scheme, tls=other), other)
        self.assertIn("certificates", self.ask(honest, "--chain_ca", TLS_DATA / "neuron.key",
                                               scheme="wss", tls="neuron"))

    def test_tls_where_there_is_none(self):
        self.assertIn("127.0.0.1", self.ask(honest, scheme="wss"))

    def test_nobody_is_there(self):
        node = LyingNode(honest)
        node.stop()
        said = self.ask(self.lie("chain_getBlockHash", b""), nodes=(node.port,))
        self.assertIn("127.0.0.1", said)


if __name__ == "__main__":
    unittest.main()
