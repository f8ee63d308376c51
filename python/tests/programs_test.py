# SPDX-License-Identifier: MIT
"""Neurons in Python and in C++ on one network."""

import importlib.util
import os
import re
import signal
import subprocess
import sys

import pytest
import torch
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("BITTENSOR_BUILD", str(BUILD))

import bittensor_cpp  # noqa: E402
import programs  # noqa: E402
import pypi  # noqa: E402

EXAMPLES = ROOT / "examples" / "python"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(BUILD / "python"), "PYTHONDONTWRITEBYTECODE": "1",
               "BITTENSOR_AXON_PORT": "0", "BITTENSOR_METAGRAPH_PORT": "0"}


def run_example(folder, *arguments, name="mnist.py", start=(sys.executable,)):
    (folder / "python").mkdir(exist_ok=True)
    command = [*start, EXAMPLES / name, *arguments]
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, cwd=folder / "python",
                          capture_output=True, text=True, timeout=programs.PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def options(folder, *more):
    return ("--data", programs.DATA, "--axon_port", "0", "--metagraph_port", "0", "--listen_ip",
            "127.0.0.1", "--threads", "1", "--neuron_key", folder / "python" / "neuron.key", *more)


@pytest.fixture
def cpp_neuron(tmp_path):
    started = []

    def start(*arguments):
        started.append(programs.Neuron(tmp_path / "cpp", *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_python_and_cpp_learn_together_and_read_each_others_checkpoints(tmp_path, cpp_neuron):
    few = ("--epochs", "3", "--timeout", programs.PATIENCE, "--learn_from", "earned")
    peer = cpp_neuron(*few, "--min_peers", "1", "--stay")
    address = peer.wait_for("started")["metagraph"]
    saved = tmp_path / "python" / "model.pt"
    said = run_example(tmp_path, *options(tmp_path, *few, "--log_interval", "4", "--min_peers", "1",
                                          "--bootstrap", address, "--save_model", saved))
    report = peer.wait_for("report")
    assert re.search("answers 1 of 1", said), said
    assert re.search(r"learnt from [1-9]\d* gradients", said), said
    assert report["gradients_taken"] > 0
    assert report["answers_ok"] > report["answers_failed"]
    assert len(report["weights"]) == 1
    local, network = map(float, re.findall(r"local (\S+) % network (\S+) %", said)[-1])
    assert local > 75 and network > 60, said
    peer.process.terminate()
    peer.finish()

    its = tmp_path / "its.pt"
    (tmp_path / "cpp" / "neuron.last.pt").rename(its)
    resumed = cpp_neuron("--epochs", "4", "--load_model", saved)
    again = run_example(tmp_path, *options(tmp_path, "--epochs", "4", "--load_model", its))
    assert "epoch 4 test loss" in again and "epoch 3" not in again, again
    event = resumed.wait_for("resumed")
    assert event["epoch"] == 3
    assert resumed.finish() == 0


def test_model_of_ones_own_joins_cpp_neurons(tmp_path, cpp_neuron):
    peer = cpp_neuron("--epochs", "1", "--stay")
    address = peer.wait_for("started")["metagraph"]
    said = run_example(tmp_path, programs.DATA, address, name="custom.py")
    assert re.search(r"'answers_ok': [1-9]", said) and "'answers_failed': 0" in said, said


def test_package_of_another_torch_is_refused(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "0.4.1")
    again = importlib.util.spec_from_file_location("again", bittensor_cpp.__file__)
    with pytest.raises(ImportError, match="built with torch .* 0.4.1"):
        again.loader.exec_module(importlib.util.module_from_spec(again))


def test_model_is_served_without_training(tmp_path):
    torch.jit.script(torch.nn.Linear(4, 8)).save(str(tmp_path / "model.ts"))
    (tmp_path / "mine.py").write_text("import torch\ndef make():\n    return torch.nn.Linear(4, 8)\n")
    served = {}
    try:
        for model in ("model.ts", "mine:make"):
            command = [sys.executable, "-m", "bittensor_cpp", "serve", model, "--schema", "tensor:4",
                       "--listen_ip", "127.0.0.1", "--record_difficulty", "0", "--neuron_key",
                       f"by {model}/neuron.key"]
            served[model] = subprocess.Popen(command, env=ENVIRONMENT, cwd=tmp_path, text=True,
                                             stdout=subprocess.PIPE)
        schema = bittensor_cpp.Schema("tensor", [4], network_dim=8)
        for model, process in served.items():
            address = process.stdout.readline().split()[-1]
            with bittensor_cpp.Neuron(torch.nn.Linear(4, 8), schema, bootstrap=[address],
                                      neuron_key=tmp_path / f"of {model}" / "neuron.key", axon_port=0,
                                      metagraph_port=0, record_difficulty=0, min_peers=1) as asks:
                assert asks.context(torch.ones(2, 4)).shape == (2, 8)
            process.terminate()
        for process in served.values():
            assert process.wait(timeout=programs.PATIENCE) == 0
    finally:
        for process in served.values():
            process.kill()
            process.stdout.close()


def test_other_packages_of_the_same_libraries_live_beside_it(tmp_path):
    """Two copies of OpenMP, protobuf or fmt in one process would take turns at cores, or crash."""
    code = """
import importlib, re, sys
for name in sys.argv[1:] + ["matplotlib", "transformers"]:
    try:
        importlib.import_module(name)
    except ImportError:
        assert name in ("matplotlib", "transformers"), name
import bittensor_cpp, torch
with bittensor_cpp.Neuron(torch.nn.Linear(4, 1024), "tensor:4", listen_ip="127.0.0.1",
                          record_difficulty=0, neuron_key=sys.argv[1] + "/neuron.key") as neuron:
    assert neuron.context(torch.ones(2, 4)).shape == (2, 1024)
files = dict()
for path in set(re.findall("(/.*[.]so.*)$", open("/proc/self/maps").read(), re.MULTILINE)):
    library = re.match("lib(gomp|omp|iomp5|protobuf|fmt|grpc)[-.]", path.rsplit("/", 1)[1])
    if library:
        files.setdefault(library[1], []).append(path)
print({library: paths for library, paths in files.items() if len(paths) > 1} or "one of each")
"""
    names = ["bittensor_cpp", "grpc", "google.protobuf.message"]
    running = [subprocess.Popen([sys.executable, "-c", code, *order], env=ENVIRONMENT, cwd=tmp_path,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for order in (names, names[1:] + names[:1])]
    for process in running:
        said, errors = process.communicate(timeout=programs.PATIENCE)
        assert process.returncode == 0, errors
        assert said.strip() == "one of each"


def test_ctrl_c_ends_a_program(tmp_path):
    # Programs that a script starts in the background have SIGINT ignored.
    code = """
import bittensor_cpp, signal, torch
signal.signal(signal.SIGINT, signal.default_int_handler)
with bittensor_cpp.Neuron(torch.nn.Linear(4, 1024), "tensor:4", listen_ip="127.0.0.1",
                          record_difficulty=0, checkpoint="model.pt") as neuron:
    print("started", flush=True)
    while True:
        neuron.step(neuron.context(torch.ones(2, 4)).pow(2).mean())
"""
    running = subprocess.Popen([sys.executable, "-c", code], env=ENVIRONMENT, cwd=tmp_path,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "started\n"
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert errors.endswith("KeyboardInterrupt\n"), errors
    assert (tmp_path / "model.pt").exists()


# Without their dependencies, since the torch that these want would be another one.
APART = {"torchvision": ["torchvision==0.15.2"],
         "pytorch_lightning": ["pytorch-lightning==2.0.9", "torchmetrics==0.11.4",
                               "lightning-utilities==0.8.0", "fsspec==2023.6.0", "tqdm", "pyyaml"]}


def python_with(*packages):
    """A Python that has them: this one, or Debian's, whose torch is this one's, with releases of its
    time beside it."""
    if all(importlib.util.find_spec(package) for package in packages):
        return sys.executable
    if sys.executable != "/usr/bin/python3" or torch.__version__ >= "2":
        pytest.skip(f"not installed: {', '.join(packages)}")
    python = pypi.python_with("loops", "transformers==4.44.2", "accelerate==0.34.2", "numpy<2",
                              "pillow", system_packages=True)
    for package in APART.keys() & packages:
        def lacks():
            find = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{package}'))"
            return subprocess.run([python, "-c", find]).returncode != 0

        if lacks():
            subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", *APART[package]],
                           capture_output=True, timeout=pypi.PATIENCE)
            if lacks():
                pytest.skip(f"PyPI is not reached: no {package}")
    return python


# Python 3.11 refuses a default of torch.distributed's in PyTorch 1, which Lightning imports, since
# its class has no hash.
LENIENT = """
import dataclasses, runpy, sys
strict = dataclasses.dataclass
def lenient(cls=None, **how):
    if cls is not None and "__hash__" not in vars(cls):
        how.setdefault("unsafe_hash", True)
    return strict(cls, **how)
dataclasses.dataclass = lenient
import torch.distributed.fsdp
dataclasses.dataclass = strict
del sys.argv[0]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("name, packages", [
    ("trainer_callback.py", ("transformers", "accelerate")),
    ("lightning_callback.py", ("pytorch_lightning",))])
def test_loops_of_other_packages_join_by_a_callback(tmp_path, cpp_neuron, name, packages):
    python = python_with(*packages)
    assert len((EXAMPLES / name).read_text().splitlines()) < 30
    peer = cpp_neuron("--epochs", "1", "--stay")
    address = peer.wait_for("started")["metagraph"]
    start = [python]
    if "lightning" in name and sys.version_info >= (3, 11) and torch.__version__ < "2":
        (tmp_path / "lenient.py").write_text(LENIENT)
        start.append(tmp_path / "lenient.py")
    said = run_example(tmp_path, programs.DATA, address, name=name, start=start)
    assert re.search(r"'answers_ok': [1-9]", said), said


MODELS_OF_OTHERS = {
    "transformers": """
from transformers import BertConfig, BertModel
model = BertModel(BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1,
                             num_attention_heads=2, intermediate_size=16))
schema = bittensor_cpp.Schema("tensor", [12], torch.int64, network_dim=16)
forward = lambda model, tokens: model(tokens).pooler_output
inputs = torch.randint(0, 50, (3, 12))
""",
    "torchvision": """
import torchvision
model = torchvision.models.resnet18(num_classes=16)
schema = bittensor_cpp.Schema("image", [3, 32, 32], network_dim=16)
forward = None
inputs = torch.rand(3, 3, 32, 32)
"""}


@pytest.mark.parametrize("package", MODELS_OF_OTHERS)
def test_models_of_other_packages_are_synapses(tmp_path, package):
    code = f"""
import bittensor_cpp, torch
options = dict(listen_ip="127.0.0.1", record_difficulty=0)
{MODELS_OF_OTHERS[package]}
with bittensor_cpp.Neuron(model, schema, forward, neuron_key="a/neuron.key", **options) as one:
    with bittensor_cpp.Neuron(torch.nn.Identity(), schema, neuron_key="b/neuron.key",
                              bootstrap=[one.address], min_peers=1, **options) as other:
        heard = other.context(inputs)
    expected = (forward or torch.nn.Module.__call__)(model.eval(), inputs)
    print("as at home" if torch.allclose(heard, expected, atol=1e-4) else heard - expected)
"""
    done = subprocess.run([python_with(package), "-c", code], env=ENVIRONMENT, cwd=tmp_path,
                          capture_output=True, text=True, timeout=programs.PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "as at home"
