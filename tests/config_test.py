# SPDX-License-Identifier: MIT
"""What a neuron is told: command line, environment, file, and --print-config."""

import os
import re
import subprocess
import tomllib

from programs import CIFAR, MNIST, PATIENCE, ROOT, ProgramTest

PAGE = ROOT / "docs" / "configuration.md"


class Configuration(ProgramTest):
    def print_config(self, *arguments, program=MNIST, **environment):
        return subprocess.run([program, *arguments, "--print-config"], capture_output=True, text=True,
                              timeout=PATIENCE, env={**os.environ, **environment})

    def file(self, text):
        path = self.folder / "neuron.toml"
        path.write_text(text)
        return path

    def test_the_file_of_the_documentation_is_taken_as_it_stands(self):
        text = re.search(r"^```toml\n(.*?)^```$", PAGE.read_text(), re.M | re.S)[1]
        wanted = tomllib.loads(text)
        self.assertGreater(len(wanted), 15)
        path = self.file(text)
        run = self.print_config("--config", path)
        self.assertEqual(run.returncode, 0, run.stderr)
        printed = tomllib.loads(run.stdout)
        for name, value in wanted.items():
            self.assertEqual(printed[name], value, name)
            self.assertRegex(run.stdout, rf"(?m)^{name} = .* # file, {path}:\d+$")

    def test_what_is_printed_is_a_complete_file(self):
        run = self.print_config("--seed", "7", "--known", "01" * 32, "--stay", program=CIFAR)
        self.assertEqual(run.returncode, 0, run.stderr)
        again = self.print_config("--config", self.file(run.stdout), program=CIFAR)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(tomllib.loads(again.stdout), tomllib.loads(run.stdout))
        self.assertEqual(tomllib.loads(run.stdout)["learning_rate"], 0.1)  # cifar's own default

    def test_command_line_counts_more_than_environment_and_that_more_than_file(self):
        path = self.file("topk = 3\nseed = 3\nepochs = 3\n")
        run = self.print_config("--seed", "5", BITTENSOR_CONFIG=str(path), BITTENSOR_SEED="4",
                                BITTENSOR_TOPK="4")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r"(?m)^seed = 5 +# command line$")
        self.assertRegex(run.stdout, r"(?m)^topk = 4 +# environment, BITTENSOR_TOPK$")
        self.assertRegex(run.stdout, rf"(?m)^epochs = 3 +# file, {path}:3$")
        self.assertRegex(run.stdout, r"(?m)^momentum = 0.9 +# default$")

    def test_what_is_wrong_is_named_with_its_place(self):
        for text, message in (("a\n", ":1: "), ("epochs = 1\nbootstap = []\n",
                                                ":2: bootstap is not an option; did you mean bootstrap?"),
                              ("\nepochs = -1\n", ":2)"), ("compression = 'int4'\n", ":1)"),
                              ("bootstrap = [1\n", "neuron.toml:")):
            run = self.print_config("--config", self.file(text))
            self.assertEqual(run.returncode, 2, text)
            self.assertIn(message, run.stderr)
            self.assertEqual(run.stdout, "")
        run = self.print_config("--config", self.folder / "none.toml")
        self.assertEqual(run.returncode, 2)
        self.assertIn("none.toml", run.stderr)
