# SPDX-License-Identifier: MIT
"""The dashboard: its page in a headless browser, and what it tells."""

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from programs import BITTENSOR, BUILD, DATA, MNIST, PATIENCE, ROOT, ProgramTest

TOKEN = "0123456789abcdef"
PAGE = ROOT / "dashboard"


def chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("BITTENSOR_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def tools():
    """A folder with the browser's driver, fetched once; says why not instead."""
    if chromium() is None:
        return None, "no Chromium here (Debian: apt-get install chromium)"
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None, "no npm here"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < 20:
        return None, f"playwright needs Node.js 20, this is {version.strip()}"
    lock = hashlib.sha256((PAGE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = BUILD / "tests" / "browser" / lock
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PAGE / name, folder)
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                             capture_output=True, text=True, timeout=300)
        if npm.returncode != 0:
            return None, f"npm fetches nothing here: {npm.stderr.strip()[-200:]}"
        (folder / "done").touch()
    for script in (PAGE / "test").glob("*.mjs"):
        shutil.copy(script, folder)
    return folder, ""


class Browser:
    """The page in a browser; each call returns when it is true, or fails."""

    def __init__(self, folder):
        self.process = subprocess.Popen(["node", folder / "browser.mjs", chromium()],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the browser ended"}
        if "error" in answer:
            raise AssertionError(f"{command}: {answer['error']}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()


def get(url, path, headers=None):
    host = re.match(r"http://([^/]+)/", url)[1]
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Dashboard(ProgramTest):
    def with_dashboard(self, name, *arguments):
        neuron = self.neuron(name, "--dashboard", "0", "--stay", *arguments)
        return neuron, neuron.wait_for("started")

    def test_state_is_the_neurons(self):
        neuron, started = self.with_dashboard("a", "--epochs", "2")
        report = neuron.wait_for("report")
        status, body = get(started["dashboard"], "/api/state")
        self.assertEqual(status, 200)
        state = json.loads(body)
        self.assertEqual(state["neuron"]["key"], started["key"])
        self.assertAlmostEqual(state["training"]["accuracy"]["local"], report["local_accuracy"], 6)
        self.assertAlmostEqual(state["training"]["accuracy"]["network"], report["network_accuracy"], 6)
        status, page = get(started["dashboard"], "/")
        self.assertEqual(status, 200)
        self.assertIn("<!doctype html>", page)

    def test_token_is_needed_where_one_is_set_and_where_others_can_come(self):
        _, started = self.with_dashboard("a", "--epochs", "1", "--dashboard_token", TOKEN)
        self.assertEqual(get(started["dashboard"], "/api/state")[0], 401)
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        self.assertEqual(get(started["dashboard"], "/api/state", bearer)[0], 200)
        self.assertTrue(started["dashboard"].endswith(f"/?token={TOKEN}"))
        open_to_all = self.neuron("b", "--dashboard", "0", "--dashboard_ip", "0.0.0.0")
        self.assertEqual(open_to_all.finish(), 1)
        self.assertIn("--dashboard_token", open_to_all.stderr())

    def test_port_that_is_taken_is_named(self):
        _, started = self.with_dashboard("a", "--epochs", "1")
        port = re.search(r":(\d+)/", started["dashboard"])[1]
        second = self.neuron("b", "--dashboard", port)
        self.assertEqual(second.finish(), 1)
        self.assertIn(f"port {port}", second.stderr())

    def test_swarm_has_one_page(self):
        swarm = subprocess.Popen(
            [BITTENSOR, "swarm", MNIST, "--dir", self.folder / "swarm", "--neurons", "2", "--epochs",
             "1000", "--data", DATA, "--dashboard", "0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(swarm.stdout.close)
        self.addCleanup(swarm.wait, PATIENCE)
        self.addCleanup(swarm.send_signal, signal.SIGTERM)
        url = next(found[0] for line in swarm.stdout if (found := re.search(r"http://\S+", line)))
        while True:
            status, body = get(url, "/api/state")
            self.assertEqual(status, 200)
            members = json.loads(body)["swarm"]
            if [member["status"] for member in members] == ["running", "running"] and all(
                    member["state"] for member in members):
                break
        self.assertEqual([member["number"] for member in members], [0, 1])


class Page(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.tools, why = tools()
        if cls.tools is None:
            raise unittest.SkipTest(why)

    def browser(self):
        browser = Browser(self.tools)
        self.addCleanup(browser.close)
        return browser

    def test_every_panel_shows_what_the_state_says_as_neurons_come_and_go(self):
        first = self.neuron("a", "--dashboard", "0", "--epochs", "6", "--stay", "--learn_from",
                            "earned")
        started = first.wait_for("started")
        browser = self.browser()
        browser.do(open=started["dashboard"])
        browser.do(peers=0)
        join = ("--epochs", "6", "--stay", "--bootstrap", started["metagraph"])
        self.neuron("b", *join)
        browser.do(peers=1)
        third = self.neuron("c", *join)
        browser.do(peers=2)
        third.process.send_signal(signal.SIGTERM)
        browser.do(peers=1)
        first.wait_for("report")
        browser.do(phase="ended")
        browser.do(keyboard=True)
        browser.do(open=started["dashboard"], width=390, height=844)
        browser.do(phase="ended")
        browser.do(keyboard=True)

    def test_page_asks_for_the_token_and_comes_back_by_itself(self):
        first = self.neuron("a", "--dashboard", "0", "--dashboard_token", TOKEN, "--epochs", "1",
                            "--stay")
        url = first.wait_for("started")["dashboard"]
        browser = self.browser()
        browser.do(open=url.split("?")[0])
        browser.do(text="A token is needed", **{"in": "#token-form"})
        browser.do(type="wrong" + TOKEN, **{"in": "#token"})
        browser.do(text="That is not the token", **{"in": "#token-form"})
        browser.do(type=TOKEN, **{"in": "#token"})
        browser.do(text="live", **{"in": "#link"})

    def test_made_up_networks_of_two_and_of_hundreds_fit_any_window(self):
        page = self.folder / "page.html"
        started = self.neuron("a", "--dashboard", "0", "--steps", "1", "--stay").wait_for("started")
        page.write_text(get(started["dashboard"], "/")[1])
        browser = self.browser()
        for size in ("--neurons", "2"), ("--neurons", "500"), ("--swarm", "4"):
            fake = subprocess.Popen(["node", self.tools / "fake.mjs", page, "0", *size, "--after", "60"],
                                    stdout=subprocess.PIPE, text=True)
            self.addCleanup(fake.stdout.close)
            self.addCleanup(fake.wait, PATIENCE)
            self.addCleanup(fake.kill)
            url = fake.stdout.readline().strip()
            for width in 390, 1280:
                browser.do(open=url, width=width, height=800)
                browser.do(rows=4 if size[0] == "--swarm" else {"2": 1, "500": 478}[size[1]])
            browser.do(keyboard=True)


if __name__ == "__main__":
    unittest.main()
