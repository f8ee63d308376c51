# SPDX-License-Identifier: MIT
"""Phrases, addresses and signatures of `bittensor wallet` beside those of npm's @polkadot/keyring
and @polkadot/util-crypto, on random values. Skips, saying so, where npm is not reached; committed
vectors are in bittensor/wallet/*_test.cc."""

import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import unittest

from programs import BITTENSOR, PATIENCE, ProgramTest

PACKAGES = ["@polkadot/keyring@13.5.9", "@polkadot/util-crypto@13.5.9"]
SCRIPT = pathlib.Path(__file__).resolve().parent / "polkadot.mjs"
SCHEMES = ("ed25519", "sr25519")


def packages_folder():
    """Where the packages are, installed if they were not; None where npm does not get them."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "polkadot-13.5.9"
    if (folder / "done").exists():
        return folder
    if not shutil.which("npm"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--prefix", folder, *PACKAGES], check=True, capture_output=True,
                       timeout=PATIENCE)
    except (subprocess.SubprocessError, OSError):
        return None
    (folder / "done").touch()
    return folder


class BesidePolkadot(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.packages = packages_folder()
        if cls.packages is None:
            raise unittest.SkipTest("npm does not get @polkadot/util-crypto")

    def setUp(self):
        super().setUp()
        seed = random.randrange(1 << 32)
        print("seed", seed)
        self.random = random.Random(seed)
        self.files = 0

    def ask(self, questions):
        run = subprocess.run(["node", SCRIPT, self.packages], input=json.dumps(questions),
                             capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def wallet(self, *arguments, stdin=b"", succeeds=True):
        run = subprocess.run([BITTENSOR, "wallet", *map(str, arguments)], capture_output=True,
                             timeout=PATIENCE, input=stdin)
        self.assertEqual(run.returncode == 0, succeeds, run.stderr)
        return run.stdout.decode().strip()

    def file(self, text=None):
        self.files += 1
        file = self.folder / str(self.files)
        if text is not None:
            file.write_text(text)
            os.chmod(file, 0o600)
        return file

    def path(self):
        """A derivation path of numbers and names, some too long for a chain code."""
        part = lambda: self.random.choice((str(self.random.randrange(1 << 64)), "hotkey",
                                           "x" * self.random.randrange(1, 80)))
        return "".join("//" + part() for _ in range(self.random.randrange(3)))

    def recovered(self, phrase, scheme, path):
        key = self.file()
        self.wallet("recover", key, "--mnemonic_file", self.file(phrase), "--scheme", scheme,
                    *(("--derive", path) if path else ()))
        return key

    def address(self, key):
        return self.wallet("show", key, "--ss58").split()[0]

    def test_phrases_lead_to_the_same_accounts(self):
        theirs = self.ask([{"ask": "mnemonic", "words": self.random.choice((12, 15, 18, 21, 24))}
                           for _ in range(10)])
        ours = [self.wallet("create", self.file(), "--mnemonic",
                            self.random.choice((12, 15, 18, 21, 24))).split("\n")[1]
                for _ in range(10)]
        cases = [(phrase, self.random.choice(SCHEMES), self.path()) for phrase in theirs + ours]
        wanted = self.ask([{"ask": "address", "scheme": scheme, "uri": phrase + path}
                           for phrase, scheme, path in cases])
        for case, address in zip(cases, wanted):
            self.assertEqual(self.address(self.recovered(*case)), address, case)

    def test_signatures_hold_both_ways(self):
        phrases = self.ask([{"ask": "mnemonic", "words": 12}] * 10)
        for phrase in phrases:
            scheme, path = self.random.choice(SCHEMES), self.path()
            key = self.recovered(phrase, scheme, path)
            address = self.address(key)
            content = self.random.randbytes(self.random.randrange(300))
            # What `sign` signs.
            message = (b"bittensor.v1 file\0" + hashlib.blake2b(content).digest()).hex()
            ours = self.wallet("sign", key, "-", stdin=content)
            theirs, good, bad = self.ask([
                {"ask": "sign", "scheme": scheme, "uri": phrase + path, "message": message},
                {"ask": "verify", "address": address, "message": message, "signature": ours},
                {"ask": "verify", "address": address, "message": message + "00",
                 "signature": ours}])
            self.assertTrue(good, phrase)
            self.assertFalse(bad, phrase)
            arguments = ("verify", "--scheme", scheme, address, theirs, "-")
            self.wallet(*arguments, stdin=content)
            self.wallet(*arguments, stdin=content + b"!", succeeds=False)
