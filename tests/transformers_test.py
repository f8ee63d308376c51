# SPDX-License-Identifier: MIT
"""BERTs of all of transformers' classes, with random configurations, opened and computed here:
outputs to 1e-5, gradients to 1e-4. Skips, saying so, where transformers is not there; committed values
are in tests/golden/bert/transformers.safetensors. `./run test --long` fetches it from PyPI into the
cache, and does 200 configurations, else 9."""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from programs import BUILD, PATIENCE, ROOT

LONG = os.environ.get("BITTENSOR_LONG") == "1"
# The last that takes Debian's PyTorch 1.13, and that has relative positions.
PACKAGE = "transformers==4.46.3"
SCRIPT = ROOT / "tests" / "golden" / "bert" / "make_transformers.py"


def python_with_transformers():
    """A Python that has it; None where there is none, and PyPI does not get it."""
    given = os.environ.get("BITTENSOR_TRANSFORMERS_PYTHON")
    if given:
        return pathlib.Path(given)
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = cache / "bittensor" / "transformers"
    python = folder / "bin" / "python"
    if (folder / "done").exists():
        return python
    if not LONG:
        return None
    try:
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", folder],
                       check=True, capture_output=True, timeout=PATIENCE)
        subprocess.run([python, "-m", "pip", "install", "-q", PACKAGE], check=True,
                       capture_output=True, timeout=5 * PATIENCE)
        subprocess.run([python, "-c", "import torch, transformers"], check=True,
                       capture_output=True, timeout=PATIENCE)
    except (subprocess.SubprocessError, OSError):
        return None
    (folder / "done").touch()
    return python


class BesideTransformers(unittest.TestCase):
    def test_random_configurations_compute_the_same(self):
        python = python_with_transformers()
        if python is None:
            self.skipTest("no transformers in the cache; ./run test --long gets it from PyPI")
        seed = random.randrange(1 << 31)
        print("seed", seed, file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="transformers-") as folder:
            made = subprocess.run([python, SCRIPT, "folders", folder, "200" if LONG else "9",
                                   str(seed)], capture_output=True, text=True,
                                  timeout=10 * PATIENCE)
            self.assertEqual(made.returncode, 0, made.stderr)
            checked = subprocess.run(
                [BUILD / "synapses" / "bert" / "bert_test",
                 "--gtest_filter=Transformers.FoldersOfRandomConfigurations"], cwd=ROOT,
                env={**os.environ, "BITTENSOR_BERT_FOLDERS": folder}, capture_output=True,
                text=True, timeout=10 * PATIENCE)
            self.assertEqual(checked.returncode, 0, checked.stdout[-8000:] + checked.stderr)
            self.assertIn("200 folders" if LONG else "9 folders", checked.stdout)


if __name__ == "__main__":
    unittest.main()
