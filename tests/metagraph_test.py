# SPDX-License-Identifier: MIT
"""`bittensor metagraph`: a network seen by an observer."""

import csv
import io
import json
import subprocess

from programs import BITTENSOR, PATIENCE, ProgramTest


class MetagraphCommand(ProgramTest):
    def metagraph(self, *arguments, succeeds=True):
        run = subprocess.run([BITTENSOR, "metagraph", *map(str, arguments)], capture_output=True,
                             text=True, timeout=PATIENCE)
        self.assertEqual(run.returncode == 0, succeeds, run.stderr)
        return run.stdout if succeeds else run.stderr

    def test_network_is_seen_in_every_form(self):
        options = ("--epochs", "3", "--stay", "--min_peers", "1")
        first = self.neuron("a", *options)
        started = first.wait_for("started")
        second = self.neuron("b", *options, "--bootstrap", started["metagraph"])
        for neuron in (first, second):
            neuron.wait_for("report")  # by then it has weights
        keys = {started["key"], next(e for e in second.events if e["event"] == "started")["key"]}

        lines = json.loads(self.metagraph(started["metagraph"], "--json", "--latency"))
        self.assertEqual({line["key"] for line in lines}, keys)
        for line in lines:
            self.assertEqual(line["modality"], "image")
            self.assertLess(line["age_s"], 60)
            # Each values the other alone, so both have half of everything.
            self.assertEqual(set(line["weights"]), keys - {line["key"]})
            self.assertAlmostEqual(line["incentive"], 0.5, delta=0.01)
            self.assertAlmostEqual(line["trust"], 1, delta=0.01)
            self.assertTrue(line["proven"])
            self.assertGreater(line["latency_ms"], 0)
        # The weights shown are of the neuron that was asked.
        weight = {line["key"]: line["weight"] for line in lines}
        self.assertEqual(weight[started["key"]], 0)
        self.assertGreater(max(weight.values()), 0)

        stake = self.folder / "stake"
        stake.write_text(f"{started['key']} 5\n")
        cache = self.folder / "b" / "neuron.peers"
        rows = list(csv.DictReader(io.StringIO(
            self.metagraph("--cache", cache, "--csv", "--stake", stake, "--sort", "incentive"))))
        self.assertEqual([row["key"] == started["key"] for row in rows], [True, False])
        self.assertEqual(rows[1]["incentive"], "1.0000")
        self.assertIn(started["key"][:8], self.metagraph(started["metagraph"]))
        self.assertEqual(self.metagraph(started["metagraph"], "--dot").count("->"), 2)
        self.assertIn("incentive", self.metagraph(
            started["metagraph"], "--sort", "height", succeeds=False))

    def test_who_does_not_answer_is_named(self):
        self.assertIn("127.0.0.1:9", self.metagraph("127.0.0.1:9", "--wait", "0.5",
                                                    succeeds=False))
        self.assertIn("--cache", self.metagraph(succeeds=False))
        self.metagraph("nowhere", succeeds=False)
