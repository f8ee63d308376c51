# SPDX-License-Identifier: MIT
"""Trained BERTs on the command line, against what transformers' pipelines say of the same folders."""

import array
import json
import pathlib
import subprocess
import tempfile
import unittest

from programs import BITTENSOR, PATIENCE, ROOT

FOLDER = ROOT / "tests" / "golden" / "bert" / "texts"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TEXTS = EXPECTED["texts"]


class BertCommands(unittest.TestCase):
    def run_it(self, command, model, *arguments, stdin=None):
        return subprocess.run(
            [str(part) for part in (BITTENSOR, command, "--model", FOLDER / model, "--threads", "1",
                                     *arguments)],
            input=stdin, capture_output=True, text=True, timeout=PATIENCE)

    def lines(self, *arguments, stdin=None):
        run = self.run_it(*arguments, stdin=stdin)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout.splitlines()

    def rows(self, *arguments, stdin=None):
        return [json.loads(line) for line in self.lines(*arguments, stdin=stdin)]

    def assert_close(self, numbers, wanted):
        self.assertEqual(len(numbers), len(wanted))
        for a, b in zip(numbers, wanted):
            self.assertAlmostEqual(a, b, delta=2e-5)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.file = self.folder / "lines"
        self.file.write_text("".join(text + "\n" for text in TEXTS))

    def test_embed_takes_arguments_files_and_standard_input(self):
        for rows in (self.rows("embed", "sentences", *TEXTS),
                     self.rows("embed", "sentences", "--file", self.file, "--batch", "2"),
                     self.rows("embed", "sentences", stdin=self.file.read_text())):
            for row, wanted in zip(rows, EXPECTED["embeddings"], strict=True):
                self.assert_close(row, wanted)

    def test_embed_writes_numpys_format_and_lines(self):
        out = self.folder / "vectors.npy"
        self.lines("embed", "sentences", "--file", self.file, "--out", out)
        data = out.read_bytes()
        header = data[10:10 + int.from_bytes(data[8:10], "little")]
        self.assertEqual(data[:8], b"\x93NUMPY\x01\x00")
        self.assertEqual((10 + len(header)) % 64, 0)
        self.assertIn(b"'<f4', 'fortran_order': False, 'shape': (6, 8)", header)
        numbers = array.array("f", data[10 + len(header):])
        self.assert_close(numbers, [x for row in EXPECTED["embeddings"] for x in row])
        out = self.folder / "vectors.jsonl"
        self.lines("embed", "sentences", "--file", self.file, "--out", out)
        self.assertEqual(len(out.read_text().splitlines()), len(TEXTS))

    def test_embed_says_how_many_texts_were_cut(self):
        run = self.run_it("embed", "sentences", *TEXTS)
        self.assertEqual(run.stderr, "bittensor: 1 of 6 texts is longer than the 20 tokens that the model "
                                     "reads; the rest is ignored\n")

    def test_embed_pools_as_told(self):
        self.assertEqual(len(self.rows("embed", "classifier", "a", "--pooling", "max")[0]), 16)
        run = self.run_it("embed", "classifier", "a", "--pooling", "sum")
        self.assertEqual(run.returncode, 1)
        self.assertIn("cls, mean or max", run.stderr)

    def test_similar_ranks_lines(self):
        rows = self.rows("similar", "sentences", TEXTS[0], self.file, "--top", "2", "--json")
        self.assertEqual(len(rows), 2)
        self.assertEqual((rows[0]["text"], rows[0]["place"]), (TEXTS[0], f"{self.file}:1"))
        self.assertAlmostEqual(rows[0]["score"], 1, delta=1e-5)
        self.assertGreaterEqual(rows[0]["score"], rows[1]["score"])
        lines = self.lines("similar", "sentences", TEXTS[0], stdin=self.file.read_text())
        self.assertEqual(lines[0], f"1.0000  1  {TEXTS[0]}")

    def test_classify_takes_texts_and_pairs(self):
        names = ("ham", "spam", "neither")
        pairs = ["\t".join(pair) for pair in EXPECTED["pairs"]]
        rows = self.rows("classify", "classifier", *TEXTS, "--json", "--top", "3")
        rows += self.rows("classify", "classifier", *pairs, "--pairs", "--json", "--top", "3")
        for row, scores in zip(rows, EXPECTED["scores"], strict=True):
            found = {label["label"]: label["score"] for label in row}
            self.assert_close([found[name] for name in names], scores)
        line = self.lines("classify", "classifier", TEXTS[0])[0]
        self.assertRegex(line, r"^0\.\d{4}  neither  The state of the union is strong\.$")

    def test_answer_finds_it_in_a_file_too(self):
        (question, text), wanted = EXPECTED["questions"][0], EXPECTED["answers"][0]
        row = self.rows("answer", "answers", question, text, "--json")[0]
        self.assertEqual((row["answer"], row["begin"], row["end"]),
                         (wanted["answer"], wanted["start"], wanted["end"]))
        self.file.write_text(text)
        for given in (("--file", self.file), ()):
            lines = self.lines("answer", "answers", question, *given, stdin=text)
            self.assertEqual(lines, [f"{wanted['score']:.4f}  {wanted['answer']}"])

    def test_fill_mask_fills_the_lines_of_a_file(self):
        self.file.write_text("".join(text + "\n" for text in EXPECTED["masked"]))
        rows = self.rows("fill-mask", "masked", "--file", self.file, "--top", "3")
        first = rows[0][0]
        self.assertEqual([guess["token"] for guess in first],
                         [guess["token_str"] for guess in EXPECTED["guesses"][0]])
        self.assertEqual(len(rows[1]), 2)
        self.assertEqual(len(self.lines("fill-mask", "masked", EXPECTED["masked"][0])), 5)
        self.file.write_text("no mask\n[MASK]\n")
        run = self.run_it("fill-mask", "masked", "--file", self.file)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(len(run.stdout.splitlines()), 2)
        self.assertIn(f"1 text was not filled, first {self.file}:1: no [MASK] in the text", run.stderr)

    def test_mask_behind_what_the_model_reads_is_said_briefly(self):
        run = self.run_it("fill-mask", "masked", stdin="we " * 100_000 + "[MASK]")
        self.assertEqual(run.returncode, 1)
        self.assertIn("its first 46 tokens, 137 of 300006 bytes; one comes later, at byte 300000",
                      run.stderr)
        self.assertLess(len(run.stderr), 300)

    def test_wrong_folders_and_devices_are_named(self):
        for command, model, arguments, reason in (
                ("classify", "sentences", ("a",), "BertModel"),
                ("answer", "masked", ("a", "b"), "BertForMaskedLM"),
                ("fill-mask", "classifier", ("[MASK]",), "BertForSequenceClassification"),
                ("embed", "nowhere", ("a",), "nowhere"),
                ("embed", "sentences", ("a", "--device", "abacus"), "--device abacus"),
                ("embed", "sentences", ("--file", "/no/lines"), "/no/lines")):
            run = self.run_it(command, model, *arguments)
            self.assertEqual(run.returncode, 1, (command, model))
            self.assertIn(reason, run.stderr)
            self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)

    def test_wrong_files_and_folders_of_them_are_named(self):
        all_commands = [("embed", ("a",)), ("similar", ("a", self.file)), ("classify", ("a",)),
                        ("answer", ("a", "b")), ("fill-mask", ("[MASK]",))]
        for name, content, what in (("pointer", b"version https://git-lfs.github.com/spec/v1\n",
                                     "a Git LFS pointer"),
                                    ("model.gguf", b"GGUF\3\0\0\0", "GGUF|llama.cpp"),
                                    ("page.html", b"<!DOCTYPE html><html>", "a web page")):
            folder = self.folder / name.split(".")[0]
            folder.mkdir()
            (folder / name).write_bytes(content)
            commands = [(command, folder / name, arguments) for command, arguments in all_commands]
            all_commands = all_commands[:1]  # Of the other files one command will do.
            for command, model, arguments in [*commands, ("embed", folder, ("a",))]:
                run = self.run_it(command, model, *arguments)
                self.assertEqual(run.returncode, 1, (command, model))
                self.assertRegex(run.stderr, what)
                self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)

    def test_empty_input_is_said(self):
        run = self.run_it("embed", "sentences", stdin="")
        self.assertEqual(run.returncode, 1)
        self.assertIn("no text", run.stderr)


if __name__ == "__main__":
    unittest.main()
