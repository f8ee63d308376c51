# SPDX-License-Identifier: MIT
"""`bert --task classify`: a trained BERT learns classes of texts, by itself and beside another neuron."""

import json
import random
import shutil

from programs import BERT, ROOT, ProgramTest

MODEL = ROOT / "tests" / "golden" / "bert" / "model"
WORDS = {"good": "glad kind warm bright".split(), "bad": "cruel cold dark sad".split()}
FILLERS = "the a man day was and very so it this".split()


class FineTuning(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.folder / "model"
        shutil.copytree(MODEL, self.model)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *FILLERS, *sum(WORDS.values(), [])]
        words += [f"[unused{i}]" for i in range(97 - len(words))]
        (self.model / "vocab.txt").write_text("".join(f"{word}\n" for word in words))
        draw = random.Random(1)
        lines = []
        for _ in range(400):
            label = draw.choice(list(WORDS))
            text = draw.choices(FILLERS, k=5)
            text.insert(draw.randrange(6), draw.choice(WORDS[label]))
            lines.append(f"{' '.join(text)}\t{label}\n")
        self.data = self.folder / "texts.tsv"
        self.data.write_text("".join(lines))

    def classifier(self, name, *arguments):
        return self.neuron(name, "--task", "classify", "--model", self.model, "--epochs", "8",
                           "--learning_rate", "0.003", *arguments, program=BERT, data=self.data)

    def test_classes_are_learnt_and_the_folder_holds_them(self):
        out = self.folder / "out"
        neuron = self.classifier("alone", "--save_folder", out, "--accumulate", "2")
        report = neuron.wait_for("report")
        self.assertEqual(neuron.process.wait(timeout=60), 0, neuron.stderr())
        self.assertGreater(report["local_accuracy"], 0.9)
        self.assertGreater(report["f1"], 0.9)
        self.assertGreater(report["matthews"], 0.8)
        config = json.loads((out / "config.json").read_text())
        self.assertEqual(config["architectures"], ["BertForSequenceClassification"])
        self.assertEqual(config["id2label"], {"0": "bad", "1": "good"})
        self.assertTrue((out / "vocab.txt").exists() and (out / "model.safetensors").exists())
        # What was saved is opened again, with its head: it begins as good as it was.
        again = self.neuron("again", "--task", "classify", "--model", out, "--epochs", "1",
                            "--learning_rate", "1e-12", program=BERT, data=self.data)
        self.assertAlmostEqual(again.wait_for("report")["local_accuracy"],
                               report["local_accuracy"], places=6)

    def test_neurons_of_the_same_classes_learn_beside_each_other(self):
        first = self.classifier("first", "--share", "1/2", "--stay", "--min_peers", "1",
                                "--ask_interval", "2")
        address = first.wait_for("started")["metagraph"]
        second = self.classifier("second", "--share", "2/2", "--stay", "--min_peers", "1",
                                 "--ask_interval", "2", "--bootstrap", address)
        reports = [neuron.wait_for("report") for neuron in (first, second)]
        # Of half the texts, in half the steps.
        self.assertGreater(max(report["local_accuracy"] for report in reports), 0.6)

    def test_what_is_no_model_or_no_texts_is_said(self):
        for name, arguments, said in (
                ("no model", ["--model", self.folder / "nowhere"], "nowhere"),
                ("no texts", ["--model", self.model, "--data", self.model / "vocab.txt"],
                 "line 1: no tab")):
            neuron = self.neuron(name, "--task", "classify", *arguments, program=BERT,
                                 data=self.data)
            self.assertEqual(neuron.process.wait(timeout=60), 1)
            self.assertIn(said, neuron.stderr())
