# SPDX-License-Identifier: MIT
"""Trained models that are served without training, and asked from the command line."""

import json
import signal
import subprocess
import time
import unittest

import torch
from programs import (BERT, BITTENSOR, BUILD, DATA, PATIENCE, ROOT, SPEECHES, VOCAB, ProgramTest)

ANY_PORTS = ("--axon_port", "0", "--metagraph_port", "0", "--listen_ip", "127.0.0.1",
             "--record_difficulty", "0", "--threads", "1")
BERTS = ROOT / "tests" / "golden" / "bert" / "texts"  # folders as transformers saves them
FACTORY = """
import torch
def make():
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 8))
"""


class Serve(ProgramTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(1)
        self.model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 8)).eval()
        torch.jit.script(self.model).save(str(self.folder / "model.ts"))
        (self.folder / "mine.py").write_text(FACTORY)
        torch.save(torch.rand(3, 3, 2, 2), self.folder / "rows.pt")

    def serve(self, model, *arguments):
        """A served model; where it gossips."""
        command = [BITTENSOR, "serve", model, *ANY_PORTS, *arguments]
        served = subprocess.Popen([str(word) for word in command], cwd=self.folder, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(served.stderr.close)
        self.addCleanup(served.stdout.close)
        self.addCleanup(served.wait)
        self.addCleanup(served.kill)
        return served, served.stdout.readline().split()[-1]

    def run_bittensor(self, *arguments):
        return subprocess.run([str(word) for word in (BITTENSOR, *arguments)], cwd=self.folder,
                              capture_output=True, text=True, timeout=PATIENCE)

    def query(self, address, *arguments):
        done = self.run_bittensor("query", address, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def stop(self, served):
        served.send_signal(signal.SIGTERM)
        rest = served.stdout.read()
        self.assertEqual(served.wait(timeout=PATIENCE), 0, served.stderr.read())
        return rest

    def test_torchscript_is_served_and_asked(self):
        served, address = self.serve("model.ts", "--schema", "image:3x2x2")
        end = time.monotonic() + PATIENCE
        while "waits for" not in (said := self.run_bittensor("status").stdout):
            self.assertLess(time.monotonic(), end, said)
        self.assertRegex(said, r"serve at 127\.0\.0\.1:\d+  waiting")
        self.assertIn("waits for the signal to stop: it serves a model that does not learn", said)
        line = json.loads(self.query(address, "rows.pt", "--json", "--save", "answer.pt"))
        expected = self.model(torch.load(self.folder / "rows.pt"))
        self.assertTrue(torch.allclose(torch.tensor(line["output"]), expected, atol=1e-5))
        self.assertTrue(torch.allclose(torch.load(self.folder / "answer.pt"), expected, atol=1e-5))
        said = self.query(address, "rows.pt")
        self.assertIn("answered [3, 8]", said)
        self.assertIn("answered 2 questions, refused 0, failed 0", self.stop(served))

    @unittest.skipUnless((BUILD / "python").exists(), "the package for Python is not built")
    def test_module_of_python_is_served_and_asked(self):
        served, address = self.serve("mine:make", "--schema", "image:3x2x2")
        self.assertIn("answered [3, 8]", self.query(address, "rows.pt"))
        self.assertIn("answered 1 questions", self.stop(served))

    def test_encrypted_network_is_asked_with_its_options(self):
        _, address = self.serve("model.ts", "--schema", "image:3x2x2", "--tls")
        self.assertIn("answered [3, 8]", self.query(address, "rows.pt", "--tls"))
        self.assertIn("3x2x2", self.run_bittensor("metagraph", address, "--tls").stdout)
        done = self.run_bittensor("query", address, "rows.pt", "--wait", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no neuron answers", done.stderr)
        done = self.run_bittensor("query", address, "rows.pt", "--tls_ca", "none.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--tls_certificate", done.stderr)

    def test_prediction_of_a_neuron_is_shown(self):
        neuron = self.neuron("peer", "--epochs", "2", "--stay")
        address = neuron.wait_for("started")["metagraph"]
        neuron.wait_for("report")
        with open(DATA / "t10k-images-idx3-ubyte", "rb") as images:
            pixels = torch.frombuffer(bytearray(images.read()[16:16 + 784]), dtype=torch.uint8)
        torch.save((pixels.view(1, 28, 28).float() / 255 - 0.13066) / 0.30811, self.folder / "7.pt")
        self.assertIn("mnist: 7 ", self.query(address, "7.pt", "--top", "1"))

    def test_folder_of_a_bert_is_served_as_embed_sees_it(self):
        served, address = self.serve(BERTS / "sentences")
        text = "The state of the union is strong."
        answer = torch.tensor(json.loads(self.query(address, text, "--json"))["output"])
        self.assertEqual(answer.shape, (1, 9, 1024))  # the text as a whole, seven words, a stop
        done = self.run_bittensor("embed", "--model", BERTS / "sentences", text)
        wanted = torch.tensor(json.loads(done.stdout))
        whole = answer[0, 0, :len(wanted)]
        self.assertTrue(torch.allclose(whole / whole.norm(), wanted, atol=1e-5))
        self.assertIn("answered 1 questions, refused 0, failed 0", self.stop(served))

    def test_classifier_predicts(self):
        _, address = self.serve(BERTS / "classifier")
        line = json.loads(self.query(address, "The state of the union is strong.", "--json"))
        done = self.run_bittensor("classify", "--model", BERTS / "classifier", "--json",
                                  "The state of the union is strong.")
        wanted = json.loads(done.stdout)[0]
        self.assertEqual(wanted["label"], "neither")
        self.assertEqual(max(range(3), key=line["prediction"][0].__getitem__), 2)

    def test_newcomer_learns_beside_a_served_bert_and_is_served_in_turn(self):
        served, address = self.serve(BERTS / "masked")
        newcomer = self.neuron(
            "newcomer", "--model", "tiny", "--vocab", VOCAB, "--bootstrap", address, "--min_peers",
            "1", "--epochs", "1", "--train_images", "48", "--test_images", "16",
            "--batch_size_train", "8", "--ask_interval", "1", "--timeout", PATIENCE,
            "--record_difficulty", "0", program=BERT, data=SPEECHES)
        report = newcomer.wait_for("report")
        self.assertEqual(newcomer.finish(), 0, newcomer.stderr())
        self.assertGreater(report["answers_ok"], 0)
        self.assertEqual(len(report["weights"]), 1)
        self.assertIn("failed 0", self.stop(served))
        _, address = self.serve(self.folder / "newcomer" / "neuron.pt")
        self.assertIn("answered [1, 4, 1024]", self.query(address, "strong and free"))

    def test_what_is_wrong_is_said_in_a_line(self):
        for wrong, words in (
                (("serve", "none.ts", "--schema", "text"), "none.ts: no such file"),
                (("serve", "model.ts"), "--schema image:3x32x32"),
                (("serve", "none"), "none: No such file"),
                (("serve", BERTS / "masked", "--schema", "image:1x2x2"), "a BERT takes text"),
                (("serve", self.folder), "config.json: cannot be opened"),
                (("serve", "model.ts", "--schema", "smell"), "no modality 'smell'"),
                (("serve", "model.ts", "--schema", "image:1x2x2", *ANY_PORTS), "model.ts: "),
                (("serve", "nowhere:make", "--schema", "text"), "nowhere"),
                (("query", "127.0.0.1:1", "rows.pt", "--wait", "0.3"), "no neuron answers")):
            done = self.run_bittensor(*wrong)
            self.assertNotEqual(done.returncode, 0, wrong)
            self.assertIn(words, done.stderr)
            self.assertLess(len(done.stderr.splitlines()), 4, done.stderr)

    def test_input_that_does_not_fit_is_said(self):
        _, address = self.serve("model.ts", "--schema", "image:3x2x2")
        torch.save(torch.rand(5), self.folder / "five.pt")
        done = self.run_bittensor("query", address, "five.pt")
        self.assertEqual(done.returncode, 1)
        self.assertIn("five.pt: synapse takes image float32 [batch, 3, 2, 2]", done.stderr)
