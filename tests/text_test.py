# SPDX-License-Identifier: MIT
"""Neurons that learn from text, on real sockets."""

import json
import math
import os
import shutil
import subprocess

from programs import BERT, BITTENSOR, PATIENCE, SPEECHES, VOCAB, ProgramTest

QUICK = ("--vocab", str(VOCAB), "--model", "tiny", "--train_images", "48", "--test_images", "16", "--batch_size_train",
         "8", "--ask_interval", "1", "--timeout", str(PATIENCE), "--log_interval", "1")


class Text(ProgramTest):
    def bert(self, name, *arguments):
        return self.neuron(name, *QUICK, *arguments, program=BERT, data=SPEECHES)

    def test_two_neurons_ask_each_other_and_report(self):
        out = self.folder / "out.json"
        run = subprocess.run(
            [str(part) for part in (BITTENSOR, "swarm", BERT, "--neurons", "2", "--dir",
                                    self.folder / "swarm", "--json", out, "--data", SPEECHES,
                                    *QUICK, "--epochs", "2")],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        neurons = json.loads(out.read_text())["neurons"]
        self.assertEqual(len(neurons), 2)
        for neuron in neurons:
            self.assertGreater(neuron["answers_ok"], 0)
            # On a machine that has much else to do an axon refuses what would wait too long.
            self.assertLess(neuron["answers_failed"], neuron["answers_ok"])
            self.assertEqual(len(neuron["weights"]), 1)
            # It knows its own words' frequencies from the start, and hardly more by now.
            self.assertAlmostEqual(neuron["mlm_loss"], neuron["unigram_entropy"], delta=1)
            self.assertAlmostEqual(neuron["perplexity"], math.exp(neuron["mlm_loss"]), delta=1)
            for share in ("mlm_accuracy", "nsp_accuracy", "network_accuracy"):
                self.assertGreaterEqual(neuron[share], 0)
                self.assertLessEqual(neuron[share], 1)
        # The same test and the same frequencies, whatever each of them holds.
        self.assertEqual(neurons[0]["unigram_entropy"], neurons[1]["unigram_entropy"])
        self.assertIn("below unigram entropy", run.stdout.replace("above", "below"))

    def test_run_that_was_resumed_is_the_run_that_was_not(self):
        whole = self.bert("whole", "--epochs", "2")
        self.assertEqual(whole.finish(), 0, whole.stderr())
        first = self.bert("parts", "--epochs", "2")
        first.wait_for("step", lambda event: event["epoch"] == 2)
        first.process.terminate()
        first.finish()
        second = self.bert("parts", "--epochs", "2")
        self.assertEqual(second.finish(), 0, second.stderr())
        by_step = {(epoch, images): rest for epoch, images, *rest in first.losses()}
        by_step.update({(epoch, images): rest for epoch, images, *rest in second.losses()})
        self.assertEqual(whole.losses(), [(*step, *rest) for step, rest in sorted(by_step.items())])

    def test_text_and_images_on_one_network_do_not_disturb_each_other(self):
        mnist = self.neuron("mnist", "--steps", "8", "--min_peers", "1", "--stay")
        bert = self.bert("bert", "--epochs", "1", "--min_peers", "1", "--stay",
                         "--bootstrap", mnist.wait_for("started")["metagraph"])
        for neuron in (mnist, bert):
            report = neuron.wait_for("report")
            self.assertEqual(report["answers_ok"], 0, neuron.stderr())
            self.assertEqual(report["answers_failed"], 0, neuron.stderr())
        for neuron in (mnist, bert):
            neuron.process.terminate()
        for neuron in (mnist, bert):
            self.assertEqual(neuron.finish(), 0, neuron.stderr())

    def test_data_that_is_there_is_not_fetched(self):
        lies = self.folder / "bert-base-uncased" / "vocab.txt"
        lies.parent.mkdir()
        shutil.copy(VOCAB, lies)
        run = subprocess.run([BITTENSOR, "data", "get", "bert-vocab", "--cache", self.folder],
                             env={**os.environ, "PATH": ""}, capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual((run.stdout, run.stderr), (f"{lies}\n", ""))

    def test_what_it_cannot_learn_from_is_said_in_one_line(self):
        for arguments, reason in ((("--share", "43/43"), "43 shares"),
                                  (("--vocab", "/nowhere"), "/nowhere"),
                                  (("--data", "/nowhere"), "/nowhere")):
            neuron = self.bert("a", *arguments)
            self.assertEqual(neuron.finish(), 1)
            self.assertIn(reason, neuron.stderr())
