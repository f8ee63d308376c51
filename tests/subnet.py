# SPDX-License-Identifier: MIT
"""A subnet of the real Subtensor runtime on this machine, and MNIST neurons that know of each other
by it alone."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chopsticks import Chopsticks
from programs import BITTENSOR, PATIENCE, Neuron

NETUID = 1
TEMPO = 5  # blocks between two rows of a neuron
# The phrase of Substrate's development accounts, whom everybody knows; the chain has given them money.
PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
OWNERS = ("//Bob", "//Charlie", "//Dave")
TAO = 10**9


def run_program(*arguments, stdin=""):
    done = subprocess.run([str(part) for part in arguments], input=stdin, capture_output=True,
                          text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout


class Subnet:
    """The node, with rules under which a few minutes are enough. Blocks come with each extrinsic, and
    between start_clock() and stop_clock() every `block_s` seconds."""

    def __init__(self, folder, block_s=0.5):
        self.folder = pathlib.Path(folder)
        self.node = Chopsticks(folder)
        self.block_s = block_s
        self._stop = threading.Event()
        self._clock = None
        self.set_rules(Tempo=TEMPO, TargetRegistrationsPerInterval=1000, MaxRegistrationsPerBlock=100,
                       WeightsSetRateLimit=1, ServingRateLimit=1, MinAllowedWeights=1)

    def set_rules(self, **rules):
        for name, value in rules.items():
            self.set_storage(name, [[[NETUID], value]])

    def set_storage(self, name, values):
        """Whether the runtime knows an item of that name; older and newer ones differ."""
        try:
            self.node.ask("dev_setStorage", {"SubtensorModule": {name: values}})
        except KeyError:  # an error in place of a result
            return False
        return True

    def start_clock(self):
        self._stop.clear()
        self._clock = threading.Thread(target=self._make_blocks, daemon=True)
        self._clock.start()

    def stop_clock(self):
        self._stop.set()
        if self._clock:
            self._clock.join()
        self._clock = None

    def _make_blocks(self):
        while not self._stop.wait(self.block_s):
            try:
                self.node.ask("dev_newBlock")
            except (OSError, KeyError):  # an extrinsic came first, or the node is gone
                pass

    def owner(self, number):
        """The key file of a development account."""
        file = self.folder / f"owner{number}.key"
        phrase = self.folder / "phrase"
        with open(os.open(phrase, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            out.write(PHRASE)
        run_program(BITTENSOR, "wallet", "recover", file, "--mnemonic_file", phrase, "--derive",
                    OWNERS[number])
        return file

    def hotkey(self, number):
        """The address of the neuron's key, which is made if it is not there."""
        key = self.folder / f"neuron{number}" / "neuron.key"
        if not key.exists():
            key.parent.mkdir()
            run_program(BITTENSOR, "wallet", "create", key)
        return run_program(BITTENSOR, "wallet", "show", key, "--ss58").split()[0]

    def neuron(self, number, *arguments, endpoint=None):
        """A neuron that registers itself, at an address of its own; `arguments` go to the program."""
        return Neuron(
            self.folder / f"neuron{number}", "--chain_endpoint", endpoint or self.node.endpoint,
            "--netuid", NETUID, "--coldkey", self.owner(number), "--yes",
            "--listen_ip", f"127.0.0.{2 + number}", "--seed", 1 + number, *arguments)

    def table(self):
        return json.loads(run_program(BITTENSOR, "chain", "neurons", "--chain_endpoint",
                                      self.node.endpoint, "--netuid", NETUID, "--json"))

    def weights(self):
        """{uid: {uid: value}}"""
        rows = {}
        for giver, taker, value in json.loads(run_program(
                BITTENSOR, "chain", "weights", "--chain_endpoint", self.node.endpoint, "--netuid",
                NETUID, "--json")):
            rows.setdefault(giver, {})[taker] = value
        return rows

    def stake(self, hotkeys):
        """Gives these, an address of a hotkey each, stake."""
        stakes = [(hotkey, (1000 + 100 * i) * TAO) for i, hotkey in enumerate(hotkeys)]
        if not self.set_storage("TotalHotkeyAlpha", [[[hotkey, NETUID], stake] for hotkey, stake in stakes]):
            self.set_storage("TotalHotkeyStake", [[[hotkey], stake] for hotkey, stake in stakes])

    def close(self):
        self.stop_clock()
        self.node.stop()


def wait_until(what, done):
    end = time.monotonic() + PATIENCE
    while not (result := done()):
        if time.monotonic() > end:
            raise AssertionError(f"did not come: {what}")
        time.sleep(0.25)
    return result


class Three:
    """Three neurons on a subnet: they register, find each other, train and set weights. Their keys
    have stake from the start, for without it nobody may set weights."""

    def __init__(self, subnet, *arguments, endpoint=None):
        self.subnet = subnet
        self.neurons = []
        subnet.stake([subnet.hotkey(number) for number in range(len(OWNERS))])
        try:
            for number in range(len(OWNERS)):
                self.neurons.append(subnet.neuron(number, "--min_peers", 2, *arguments,
                                                  endpoint=endpoint))
            self.started = [neuron.wait_for("started") for neuron in self.neurons]
        except BaseException:
            self.close()
            raise

    def wait_until_all_say(self, text):
        for neuron in self.neurons:
            wait_until(f"'{text}' of each neuron", lambda: text in neuron.stderr())

    def wait_for_axons(self):
        """Their lines of the table, once all have told the chain their addresses."""
        self.wait_until_all_say("is announced at")
        lines = [line for line in self.subnet.table() if line["axon"].startswith("127.0.0.")]
        self.uids = [line["uid"] for line in lines]
        return lines

    def wait_for_weights(self):
        """All rows, once each neuron has given both others a weight."""
        self.wait_until_all_say("weights of 2 neurons are set")
        return self.subnet.weights()

    def close(self):
        for neuron in self.neurons:
            neuron.process.send_signal(signal.SIGTERM)
        for neuron in self.neurons:
            try:
                neuron.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
            neuron.close()


def main():
    """For a person to look at, until Ctrl-C; with --short once, and then the end."""
    short = "--short" in sys.argv[1:]
    print("run: starts a node with the real Subtensor runtime; the first time npm fetches it",
          flush=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            subnet = Subnet(folder)
        except unittest.SkipTest as reason:
            print(f"run: no chain to look at: {reason}")
            return 0 if short else 1
        try:
            show(subnet, short)
        except KeyboardInterrupt:
            print("\nrun: ends")
        finally:
            subnet.close()
    return 0


def show(subnet, short):
    subnet.start_clock()
    endpoint = subnet.node.endpoint
    print(f"run: it is at {endpoint}, a block every {subnet.block_s} s; three neurons register there",
          flush=True)
    three = Three(subnet, "--epochs", 100_000, "--stay")
    try:
        lines = three.wait_for_axons()
        print("run: they are announced, and have stake:")
        for line in lines:
            print(f"  uid {line['uid']}  {line['hotkey']}  {line['axon']}")
        print("run: waits for the first weights", flush=True)
        three.wait_for_weights()
        print("run: each has set its weights of the others")
        print(run_program(BITTENSOR, "metagraph", "--chain_endpoint", endpoint, "--netuid", NETUID),
              flush=True)
        print(f"run: look yourself: {os.path.relpath(BITTENSOR)} metagraph --chain_endpoint {endpoint} "
              f"--netuid {NETUID}", flush=True)
        while not short:
            print(run_program(BITTENSOR, "chain", "neurons", "--chain_endpoint", endpoint, "--netuid",
                              NETUID), flush=True)
            time.sleep(10)
    finally:
        three.close()


if __name__ == "__main__":
    sys.exit(main())
