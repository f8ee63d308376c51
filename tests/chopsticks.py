# SPDX-License-Identifier: MIT
"""A real Substrate runtime on this machine: npm's chopsticks runs it from a chain specification."""

import gzip
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "@acala-network/chopsticks"
VERSION = "1.5.1"
SPEC = ROOT / "tests" / "data" / "chain" / "subtensor_218.json.gz"
PATIENCE = 240  # seconds


def program():
    """The node, fetched with npm once. Skips the test if that is not possible."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = pathlib.Path(os.environ.get(
        "BITTENSOR_CHOPSTICKS", cache / "bittensor" / f"chopsticks-{VERSION}"))
    main = folder / "node_modules" / PACKAGE / "chopsticks.cjs"
    if main.exists():
        return main
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is not here, so no chain is either")
    # Beside its place first: whole or absent.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        done = subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", fresh,
             f"{PACKAGE}@{VERSION}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise unittest.SkipTest(f"npm cannot fetch {PACKAGE}: {done.stderr[-300:].strip()}")
        if not main.exists():
            shutil.copytree(fresh, folder, symlinks=True, dirs_exist_ok=True)
    return main


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Chopsticks:
    """A chain that makes a block for each extrinsic. SUBTENSOR_SPEC=FILE names another one."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        spec = os.environ.get("SUBTENSOR_SPEC")
        if not spec:
            spec = pathlib.Path(folder) / "spec.json"
            spec.write_bytes(gzip.decompress(SPEC.read_bytes()))
        self.log = open(pathlib.Path(folder) / "chopsticks.log", "a")
        self.process = subprocess.Popen(
            ["node", program(), f"--chain-spec={spec}", "--host", "127.0.0.1", "--port",
             str(self.port), "--build-block-mode", "Instant", "--allow-unresolved-imports"],
            stdout=self.log, stderr=self.log, cwd=folder)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.ask("chain_getHeader")
                return
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        raise AssertionError(f"the chain did not start; {self.log.name} says why")

    @property
    def endpoint(self):
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http_endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        request = urllib.request.Request(self.http_endpoint, body.encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["result"]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
