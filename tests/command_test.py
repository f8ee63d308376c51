# SPDX-License-Identifier: MIT
"""The program `bittensor` as people type it."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from programs import BITTENSOR, PATIENCE, ROOT

MODEL = ROOT / "tests" / "golden" / "bert" / "model"


class Commands(unittest.TestCase):
    def run_it(self, *arguments, stdin=""):
        return subprocess.run([BITTENSOR, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=PATIENCE)

    def test_version(self):
        for arguments in (("version",), ("--version",)):
            run = self.run_it(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertRegex(run.stdout, r"^bittensor \d+\.\d+\.\d+\n$")

    def test_help_names_the_program_not_its_file(self):
        for arguments in (("--help",), ("swarm", "--help"), ("wallet", "create", "--help")):
            run = self.run_it(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(" ".join(["Usage: bittensor", *arguments[:-1]]), run.stdout)
            self.assertNotIn(str(BITTENSOR.parent), run.stdout)

    def test_help_lists_every_command(self):
        text = self.run_it("--help").stdout
        for command in ("neuron", "swarm", "metagraph", "status", "serve", "query", "fill-mask", "embed", "similar", "classify", "answer", "data", "checkpoint",
                        "wallet", "chain", "doctor", "completion", "manual", "version"):
            self.assertTrue(re.search(rf"^  {command} ", text, re.M), command)

    def test_every_command_has_a_help_that_calls_it_by_its_name(self):
        # One or two of each program: starting those with libtorch takes a second.
        for command in (["neuron"], ["neuron", "mnist"], ["swarm"], ["status"], ["metagraph"],
                        ["serve"], ["query"], ["fill-mask"], ["data", "get"], ["wallet"], ["chain"],
                        ["doctor"], ["completion"], ["manual"], ["version"]):
            run = self.run_it(*command, "--help")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(" ".join(["Usage: bittensor", *command, "[OPTIONS]"]), run.stdout)

    def test_help_of_a_swarm_is_followed_by_its_neurons(self):
        text = self.run_it("swarm", "mnist", "--help").stdout
        self.assertIn("--neurons", text)
        self.assertIn("--learning_rate", text)

    def test_mistyped_command_is_answered_with_the_nearest(self):
        run = self.run_it("fill_mask", "x")
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stderr, "bittensor: 'fill_mask' is not a command; did you mean "
                                     "fill-mask? (--help lists what there is)\n")
        self.assertNotIn("did you mean", self.run_it("nonsense").stderr)
        for words, nearest in ((("neuron", "mnits"), "mnist"), (("wallet", "shwo"), "show"),
                               (("data", "gte"), "get"), (("checkpoint", "exprot"), "export"),
                               (("wallet", "create", "key", "--encyrpt"), "--encrypt"),
                               (("neuron", "mnist", "--epoch", "1"), "--epochs")):
            run = self.run_it(*words)
            self.assertEqual(run.returncode, 2, words)
            self.assertIn(f"did you mean {nearest}?", run.stderr)

    def test_missing_command_is_answered_with_those_there_are(self):
        for words in ((), ("wallet",), ("data",), ("checkpoint",), ("neuron",), ("chain",)):
            run = self.run_it(*words)
            self.assertEqual(run.returncode, 2, words)
            self.assertIn("a command is missing: ", run.stderr)

    def test_errors_name_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            run = self.run_it("neuron", "mnist", "--data", "/nowhere", "--neuron_key", folder + "/key")
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stderr.splitlines()[-1].startswith("bittensor neuron mnist: "), run.stderr)
        run = self.run_it("wallet", "show", "/nowhere")
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stderr.startswith("bittensor wallet show: "), run.stderr)
        self.assertIn("the argument KEY_FILE is missing", self.run_it("wallet", "show").stderr)

    def test_bash_completes_commands_options_and_choices(self):
        script = self.run_it("completion", "bash").stdout

        def offered(*words):
            line = " ".join(shlex.quote(word) for word in words)
            run = subprocess.run(["bash", "-c", f"{script}\nCOMP_WORDS=(bittensor {line})\n"
                                  "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_bittensor\n"
                                  "printf '%s\\n' \"${COMPREPLY[@]}\""],
                                 capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            return run.stdout.split()

        self.assertEqual(offered("check"), ["checkpoint"])
        self.assertEqual(offered("neuron", ""), ["mnist", "cifar", "bert", "--help", "-h"])
        self.assertEqual(offered("neuron", "mnist", "--learn"), ["--learn_from", "--learning_rate"])
        self.assertEqual(offered("neuron", "mnist", "--stay", "--give", ""),
                         ["answers", "gradients", "labels"])
        self.assertEqual(offered("wallet", "create", "--scheme", "s"), ["sr25519"])
        self.assertIn("speeches", offered("data", "get", ""))

    def test_zsh_script_is_one(self):
        script = self.run_it("completion", "zsh").stdout
        self.assertTrue(script.startswith("#compdef bittensor\n"))
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        run = subprocess.run(["zsh", "-n"], input=script, capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_manual_page_has_every_option(self):
        page = self.run_it("manual").stdout
        for words in (".TH BITTENSOR 1", "bittensor neuron mnist", "\\-\\-learning_rate",
                      "bittensor wallet create", "\\-\\-mnemonic", ".SH EXIT STATUS"):
            self.assertIn(words, page)
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        run = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True,
                             text=True, timeout=PATIENCE)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("--learning_rate", re.sub(".\x08|\x1b\\[[0-9;]*m", "", run.stdout))

    def test_other_programs_are_asked_for_their_commands_once(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            shutil.copy(BITTENSOR, folder / "bittensor")
            program = folder / "bittensor-torch"  # of several commands

            def entry(name, *options, commands=()):
                return {"name": name, "help": "", "footer": "", "commands": list(commands),
                        "options": [{"names": [option], "value": "", "choices": [], "help": "",
                                     "group": ""} for option in options]}

            def completion():
                run = subprocess.run([folder / "bittensor", "completion", "bash"], text=True,
                                     capture_output=True, timeout=PATIENCE,
                                     env={**os.environ, "BITTENSOR_CACHE": str(folder / "cache")})
                self.assertEqual(run.returncode, 0, run.stderr)
                return run.stdout, (folder / "bittensor-torch.log").read_text().count("asked")

            def completion_with(option):
                said = entry("bittensor", commands=[entry("data", option), entry("embed", option)])
                program.write_text(f"#!/bin/sh\necho asked >> $0.log\necho '{json.dumps(said)}'\n")
                program.chmod(0o755)
                return completion()

            said, asked = completion_with("--first")
            self.assertIn("--first", said)
            self.assertEqual(asked, 1)
            self.assertEqual(completion(), (said, asked))
            said, asked = completion_with("--another-one")  # It is another program now.
            self.assertIn("--another-one", said)
            self.assertNotIn("--first", said)
            self.assertEqual(asked, 2)
            for kept in (folder / "cache" / "commands").iterdir():
                kept.write_text(kept.read_text().splitlines()[0] + "\n{\n")
            self.assertEqual(completion(), (said, 3))  # What is damaged is asked again.
            self.assertEqual(completion(), (said, 3))

    def test_missing_text_is_asked_for(self):
        run = self.run_it("fill-mask", "--model", MODEL)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "bittensor fill-mask: no text: give it as an argument or on "
                                     "standard input\n")

    def test_missing_option_is_named_with_its_command(self):
        run = self.run_it("fill-mask", "a [MASK]")
        self.assertEqual(run.returncode, 2)
        self.assertIn("fill-mask: --model is required", run.stderr)

    def test_text_may_be_piped_in(self):
        run = self.run_it("fill-mask", "--model", "/nowhere", stdin="a [MASK]\n")
        self.assertEqual(run.returncode, 1)
        self.assertIn("/nowhere", run.stderr)  # It had the text, and missed the model only.

    def test_long_words_are_not_echoed_whole(self):
        for arguments in (("x" * 100_000,), ("swarm", "y", "--neurons", "9" * 100_000),
                          ("fill-mask", "--model", "z" * 100_000, "a"),
                          ("wallet", "show", "k" * 100_000)):
            run = self.run_it(*arguments)
            self.assertNotEqual(run.returncode, 0)
            self.assertLess(len(run.stderr), 1500, run.stderr[:300])
