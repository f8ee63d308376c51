# SPDX-License-Identifier: MIT
"""The program `bittensor` as people type it."""

import re
import subprocess
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
        for arguments in (("--help",), ("fill-mask", "--help"), ("swarm", "--help"),
                          ("wallet", "create", "--help")):
            run = self.run_it(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(" ".join(["Usage: bittensor", *arguments[:-1]]), run.stdout)
            self.assertNotIn(str(BITTENSOR.parent), run.stdout)

    def test_help_lists_every_command(self):
        for command in ("answer", "classify", "data", "embed", "fill-mask", "similar", "swarm",
                        "version", "wallet"):
            self.assertTrue(re.search(rf"^  {command} ", self.run_it("--help").stdout, re.M), command)

    def test_mistyped_command_is_answered_with_the_nearest(self):
        run = self.run_it("fill_mask", "x")
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stderr, "bittensor: 'fill_mask' is not a command; did you mean "
                                     "fill-mask? (--help lists them)\n")
        self.assertNotIn("did you mean", self.run_it("nonsense").stderr)

    def test_missing_text_is_asked_for(self):
        run = self.run_it("fill-mask", "--model", MODEL)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "bittensor: no text: give it as an argument or on standard "
                                     "input\n")

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
