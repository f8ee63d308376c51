# SPDX-License-Identifier: MIT
"""What our client does on the real runtime, PyPI's async-substrate-interface sees there, and the
reverse. Skips, saying so, where PyPI or npm is not reached."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from programs import BITTENSOR
from subnet import NETUID, Subnet, run_program

PACKAGES = ["async-substrate-interface==2.2.0", "bittensor-wallet==4.1.1"]
SCRIPT = pathlib.Path(__file__).resolve().parent / "chain_outside.py"
PATIENCE = 400  # seconds


def python():
    """A Python with the packages, made once. Skips the test if that is not possible."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "async-substrate-interface-2.2.0"
    if not (folder / "done").exists():
        for command in ([sys.executable, "-m", "venv", folder],
                        [folder / "bin" / "pip", "install", "--quiet", *PACKAGES]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                raise unittest.SkipTest(f"PyPI's packages are not here: {done.stdout[-300:].strip()}")
        (folder / "done").touch()
    return folder / "bin" / "python"


class ChainOutside(unittest.TestCase):
    def setUp(self):
        self.python = python()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.subnet = Subnet(folder.name)
        self.addCleanup(self.subnet.close)

    def outside(self, *arguments):
        done = subprocess.run([self.python, SCRIPT, self.subnet.node.endpoint, *arguments],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def chain(self, command, *arguments):
        return run_program(BITTENSOR, "chain", command, "--chain_endpoint", self.subnet.node.endpoint,
                           "--netuid", NETUID, *arguments)

    def test_both_see_the_same(self):
        theirs = self.outside("write", "//Outside")
        key, owner = self.folder / "neuron.key", self.subnet.owner(1)
        run_program(BITTENSOR, "wallet", "create", key)
        mine = run_program(BITTENSOR, "wallet", "show", key, "--ss58").split()[0]
        self.chain("register", "--neuron_key", key, "--coldkey", owner, "--yes")
        self.chain("serve", "--neuron_key", key, "--axon", "127.0.0.8:8091", "--yes")
        table = {line["hotkey"]: line for line in self.subnet.table()}
        self.assertEqual(table[theirs]["axon"], "127.0.0.9:77")
        self.chain("weights", "--neuron_key", key, "--set", f"{table[mine]['uid']}=1", "--yes")

        seen = self.outside("read", mine, theirs)
        for line in seen:
            self.assertEqual(line["uid"], table[line["hotkey"]]["uid"])
            self.assertEqual(line["owner"], table[line["hotkey"]]["coldkey"])
        self.assertEqual([line["hotkey"] for line in seen], [mine, theirs])
        self.assertEqual((seen[0]["ip"], seen[0]["port"]), (0x7f000008, 8091))
        self.assertEqual(seen[0]["weights"], [[table[mine]["uid"], 65535]])


if __name__ == "__main__":
    unittest.main()
