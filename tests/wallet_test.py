# SPDX-License-Identifier: MIT
"""`bittensor wallet`, and neurons with an encrypted key."""

import os
import subprocess

from programs import BITTENSOR, PATIENCE, ProgramTest


class WalletCommand(ProgramTest):
    def wallet(self, *arguments, succeeds=True, env=None, stdin=""):
        run = subprocess.run([BITTENSOR, "wallet", *map(str, arguments)], capture_output=True,
                             text=True, timeout=PATIENCE, input=stdin, start_new_session=True,
                             env={**os.environ, **(env or {})})
        self.assertEqual(run.returncode == 0, succeeds, run.stderr)
        return run.stdout.strip() if succeeds else run.stderr

    def private(self, name, text):
        file = self.folder / name
        file.write_text(text)
        os.chmod(file, 0o600)
        return file

    def test_key_is_created_shown_and_never_written_over(self):
        key = self.folder / "a.key"
        name = self.wallet("create", key)
        self.assertRegex(name, "^[0-9a-f]{64}$")
        self.assertEqual(self.wallet("show", key), name + " not-encrypted")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        before = key.read_text()
        self.assertIn("a.key", self.wallet("create", key, succeeds=False))
        self.assertEqual(key.read_text(), before)

    def test_signature_is_of_the_file_and_the_key(self):
        key = self.folder / "a.key"
        name = self.wallet("create", key)
        signature = self.wallet("sign", key, "-", stdin="hello")
        self.wallet("verify", name, signature, "-", stdin="hello")
        self.wallet("verify", name, signature, "-", stdin="hellO", succeeds=False)
        other = self.wallet("create", self.folder / "b.key")
        self.wallet("verify", other, signature, "-", stdin="hello", succeeds=False)
        self.wallet("verify", name, "00", "-", stdin="hello", succeeds=False)
        self.assertIn("/no/such", self.wallet("sign", key, "/no/such", succeeds=False))

    def test_encrypted_key_runs_a_neuron_that_is_given_the_passphrase(self):
        key = self.folder / "a" / "neuron.key"
        passphrase = self.private("passphrase", "correct horse\n")
        name = self.wallet("create", key, "--passphrase_file", passphrase)
        self.assertEqual(self.wallet("show", key), name + " encrypted")
        self.assertIn("BITTENSOR_PASSPHRASE", self.wallet("sign", key, "-", succeeds=False))

        refused = self.neuron("a", "--epochs", "0")
        self.assertGreater(refused.finish(), 0)
        self.assertIn("encrypted", refused.stderr())
        neuron = self.neuron("a", "--epochs", "0", "--passphrase_file", passphrase)
        self.assertEqual(neuron.wait_for("started")["key"], name)
        self.assertEqual(neuron.finish(), 0, neuron.stderr())

        plain = self.folder / "plain.key"
        self.wallet("export", key, "--to", plain, env={"BITTENSOR_PASSPHRASE": "correct horse"})
        self.assertEqual(self.wallet("show", plain), name + " not-encrypted")

    def test_phrase_stands_for_the_key(self):
        for words, scheme in ((12, "ed25519"), (24, "sr25519")):
            key = self.folder / f"{scheme}.key"
            name, phrase = self.wallet("create", key, "--mnemonic", words, "--scheme",
                                       scheme).split("\n")
            self.assertEqual(len(phrase.split()), words)
            again = self.wallet("recover", self.folder / f"{scheme}-2.key", "--scheme", scheme,
                                "--mnemonic_file", self.private("phrase", phrase + "\n"))
            self.assertEqual(again, name)

    def test_accounts_of_substrate_are_recovered(self):
        phrase = self.private(
            "phrase", "bottom drive obey lake curtain smoke basket hold race lonely fit walk\n")
        for scheme, address in (("ed25519", "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"),
                                ("sr25519", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY")):
            key = self.folder / scheme
            self.wallet("recover", key, "--mnemonic_file", phrase, "--scheme", scheme,
                        "--derive", "//Alice")
            self.assertEqual(self.wallet("show", key, "--ss58"),
                             f"{address} {scheme} not-encrypted")
            signature = self.wallet("sign", key, "-", stdin="hello")
            self.wallet("verify", "--scheme", scheme, address, signature, "-", stdin="hello")
            self.wallet("verify", "--scheme", scheme, address, signature, "-", stdin="hellO",
                        succeeds=False)
        self.wallet("verify", address, signature, "-", stdin="hello", succeeds=False)

    def test_wrong_phrase_is_refused_without_a_word_of_it(self):
        phrase = self.private("phrase", "botom drive obey lake curtain smoke basket hold race "
                                        "lonely fit walk")
        refused = self.wallet("recover", self.folder / "a", "--mnemonic_file", phrase,
                              succeeds=False)
        self.assertIn("word 1 ", refused)
        self.assertNotIn("botom", refused)
        self.assertFalse((self.folder / "a").exists())
        self.assertIn("//", self.wallet("create", self.folder / "a", "--mnemonic", "--derive",
                                        "/soft", succeeds=False))

    def test_key_of_an_account_runs_no_neuron(self):
        self.wallet("create", self.folder / "a" / "neuron.key", "--scheme", "sr25519")
        refused = self.neuron("a", "--epochs", "0")
        self.assertGreater(refused.finish(), 0)
        self.assertIn("sr25519", refused.stderr())
