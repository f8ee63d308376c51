# SPDX-License-Identifier: MIT
"""A run that is stopped and resumed is the run that was not."""

from programs import ProgramTest


class Resume(ProgramTest):
    def test_losses_equal_those_of_an_uninterrupted_run(self):
        whole = self.neuron("whole", "--epochs", "2")
        self.assertEqual(whole.finish(), 0, whole.stderr())

        first = self.neuron("parts", "--epochs", "1")
        self.assertEqual(first.finish(), 0, first.stderr())
        second = self.neuron("parts", "--epochs", "2", "--load_model",
                             self.folder / "parts" / "neuron.pt")
        self.assertEqual(second.finish(), 0, second.stderr())

        self.assertEqual(whole.losses(), first.losses() + second.losses())

    def test_finished_run_is_tested_again_and_trains_no_further(self):
        first = self.neuron("a", "--epochs", "1")
        first_report = first.wait_for("report")
        self.assertEqual(first.finish(), 0)
        again = self.neuron("a", "--epochs", "1", "--load_model", self.folder / "a" / "neuron.pt")
        report = again.wait_for("report")
        self.assertEqual(again.finish(), 0)
        self.assertEqual(again.losses(), [])
        self.assertEqual(report["local_accuracy"], first_report["local_accuracy"])
