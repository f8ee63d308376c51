# SPDX-License-Identifier: MIT
"""Our SCALE codec, storage keys, calls and signed extrinsics beside npm's @polkadot/types, on random
values of every storage item of SubtensorModule and System, with the metadata of Bittensor's chains.
Skips, saying so, where npm is not reached. 500 values of each runtime; ./run test --long tries 10,000,
BITTENSOR_VALUES=N as many as it says."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

from programs import BUILD, ROOT

TYPES = "@polkadot/types@16.5.6"
MATERIAL = "@bitgo/sdk-coin-tao@1.16.4"  # has the metadata of two of Bittensor's runtimes
CODEC = BUILD / "tests" / "chain_codec"
SCRIPT = pathlib.Path(__file__).resolve().parent / "chain_codec.mjs"
VALUES = os.environ.get("BITTENSOR_VALUES", "10000" if os.environ.get("BITTENSOR_LONG") else "500")
PATIENCE = 500  # seconds

# Prints what the package says of a chain, and writes its metadata.
EXTRACT = """
const [file, name, out] = process.argv.slice(1);
const material = require(file)[`${name}Material`];
require('fs').writeFileSync(out, Buffer.from(material.metadata.slice(2), 'hex'));
console.log(JSON.stringify({ genesis: material.genesisHash.slice(2),
  spec_version: Number(material.specVersion), transaction_version: Number(material.txVersion) }));
"""


def fetched(name, *commands):
    """A folder of the cache that `commands`, run there, fill. Skips the test if they cannot."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / name
    if (folder / "done").exists():
        return folder
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is not here")
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, shell=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f"{command}: {done.stdout[-300:].strip()}")
    (folder / "done").touch()
    return folder


class ChainCodec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.packages = fetched(
            "polkadot-types-16.5.6",
            f"npm install --ignore-scripts --no-audit --no-fund --prefix . {TYPES}")
        cls.material = fetched("bitgo-tao-1.16.4", f"npm pack --silent {MATERIAL}", "tar xzf *.tgz")

    def compare(self, metadata, context):
        seed = random.randrange(1 << 32)
        done = subprocess.run(
            ["node", SCRIPT, self.packages, metadata, CODEC, VALUES, str(seed), json.dumps(context)],
            capture_output=True, text=True, timeout=PATIENCE)
        print(f"seed {seed}:", done.stdout.strip().splitlines()[-1:])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_runtimes_of_bittensors_chains(self):
        resources = self.material / "package" / "dist" / "src" / "resources"
        for name in ("mainnet", "testnet"):
            with self.subTest(chain=name), tempfile.TemporaryDirectory() as folder:
                metadata = pathlib.Path(folder) / "metadata"
                said = subprocess.run(["node", "-e", EXTRACT, resources / f"{name}.js", name, metadata],
                                      capture_output=True, text=True, check=True)
                self.compare(metadata, json.loads(said.stdout))

    def test_the_runtime_of_our_tests(self):
        for version in ("v14", "v15"):
            with self.subTest(metadata=version):
                self.compare(ROOT / "tests" / "data" / "chain" / f"metadata_218_{version}.scale",
                             {"genesis": "45" * 32, "spec_version": 218, "transaction_version": 1})

    def test_metadata_of_version_16(self):
        with tempfile.TemporaryDirectory() as folder:
            metadata = pathlib.Path(folder) / "metadata"
            subprocess.run(["node", ROOT / "tests" / "metadata_16.mjs", self.packages,
                            ROOT / "tests" / "data" / "chain" / "metadata_218_v15.scale", metadata],
                           check=True)
            self.compare(metadata, {"genesis": "45" * 32, "spec_version": 218,
                                    "transaction_version": 1})


if __name__ == "__main__":
    unittest.main()
