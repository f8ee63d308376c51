# SPDX-License-Identifier: MIT
"""BERT's tokenizer against Hugging Face's libraries."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import pypi
from programs import BUILD, ROOT, SPEECHES, VOCAB

# As long as a change can wait for; `./run test --long` takes minutes over them.
STRINGS = "100000" if os.environ.get("BITTENSOR_LONG") else "5000"
TOKENIZE = BUILD / "text" / "bert_tokenize"

# Encodes lines of standard input with the tokenizers of folders, and saves these.
ENCODE = """
import json, sys
from transformers import AutoTokenizer
lines = [bytes.fromhex(line.strip()).decode() for line in sys.stdin]
for folder in sys.argv[1:]:
    tokenizer = AutoTokenizer.from_pretrained(folder + "/second")
    print(json.dumps([tokenizer(line)["input_ids"] for line in lines]))
    tokenizer.save_pretrained(folder + "/third")
"""
TEXTS = ["Unaffable, isn't it?", "Caf\u00e9 \u00c9t\u00e9 \u0130", "\u4e2d\u6587 text", "[MASK]x [SEP]",
         "e\u0301\u0323", "", "a" * 101]


class Tokenizer(unittest.TestCase):
    def test_agrees_with_the_library_on_random_strings(self):
        python = pypi.python_with("tokenizers", "tokenizers")
        run = subprocess.run([python, ROOT / "tools" / "compare_tokenizer.py", TOKENIZE,
                              "--strings", STRINGS, "--texts", SPEECHES],
                             capture_output=True, text=True, timeout=580)
        print(run.stdout)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def ours(self, path, *arguments):
        lines = "\n".join(text.encode().hex() for text in TEXTS) + "\n"
        run = subprocess.run([TOKENIZE, path, *arguments], input=lines, capture_output=True,
                             text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def test_transformers_opens_what_is_saved_and_what_it_saves_opens_here(self):
        python = pypi.python_with("transformers", "transformers>=5")
        rules = ({}, {"do_lower_case": False}, {"strip_accents": False},
                 {"do_lower_case": False, "strip_accents": True},
                 {"tokenize_chinese_chars": False})
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folders = [pathlib.Path(temporary.name) / str(i) for i in range(len(rules))]
        for folder, config in zip(folders, rules):
            (folder / "first").mkdir(parents=True)
            (folder / "first" / "vocab.txt").write_bytes(VOCAB.read_bytes())
            (folder / "first" / "tokenizer_config.json").write_text(json.dumps(config))
            self.ours(folder / "first", "--save", folder / "second")
        lines = "\n".join(text.encode().hex() for text in TEXTS) + "\n"
        theirs = subprocess.run([python, "-c", ENCODE, *folders], input=lines, capture_output=True,
                                text=True, timeout=120)
        self.assertEqual(theirs.returncode, 0, theirs.stderr)
        for folder, config, line in zip(folders, rules, theirs.stdout.splitlines(), strict=True):
            for place in ("first", "second", "third"):
                got = [json.loads(line)[0] for line in self.ours(folder / place).splitlines()]
                self.assertEqual(got, json.loads(line), (config, place))
            # What transformers saves today.
            self.assertFalse((folder / "third" / "vocab.txt").exists())


if __name__ == "__main__":
    unittest.main()
