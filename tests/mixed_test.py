# SPDX-License-Identifier: MIT
"""Neurons of different kinds on one network: digits of 28 x 28 grey, photographs of 32 x 32 in colour."""

from programs import CIFAR, CIFAR_DATA, PATIENCE, ProgramTest

QUICK = ("--epochs", "1", "--train_images", "200", "--test_images", "50", "--min_peers", "1",
         "--timeout", str(PATIENCE), "--stay")


class Mixed(ProgramTest):
    def test_mnist_and_cifar_neurons_ask_each_other(self):
        mnist = self.neuron("mnist", *QUICK)
        cifar = self.neuron("cifar", *QUICK, "--bootstrap", mnist.wait_for("started")["metagraph"],
                            program=CIFAR, data=CIFAR_DATA)
        for neuron in (mnist, cifar):
            report = neuron.wait_for("report")
            self.assertGreater(report["answers_ok"], 0, neuron.stderr())
            self.assertEqual(report["answers_failed"], 0, neuron.stderr())
            self.assertEqual(len(report["weights"]), 1)
        for neuron in (mnist, cifar):
            neuron.process.terminate()
        for neuron in (mnist, cifar):
            self.assertEqual(neuron.finish(), 0, neuron.stderr())

    def test_cifar_run_that_was_resumed_is_the_run_that_was_not(self):
        quick = dict(program=CIFAR, data=CIFAR_DATA)
        few = ("--train_images", "96", "--test_images", "50", "--batch_size_train", "32",
               "--log_interval", "1", "--learning_rate", "0.01")
        whole = self.neuron("whole", "--epochs", "2", *few, **quick)
        self.assertEqual(whole.finish(), 0, whole.stderr())
        # Stopped in its second epoch: --epochs, and with it the learning rate, is the same.
        first = self.neuron("parts", "--epochs", "2", *few, **quick)
        first.wait_for("step", lambda event: event["epoch"] == 2)
        first.process.terminate()
        first.finish()
        second = self.neuron("parts", "--epochs", "2", *few, "--load_model",
                             self.folder / "parts" / "neuron.pt", **quick)
        self.assertEqual(second.finish(), 0, second.stderr())
        by_step = {(epoch, images): rest for epoch, images, *rest in first.losses()}
        by_step.update({(epoch, images): rest for epoch, images, *rest in second.losses()})
        self.assertEqual(whole.losses(), [(*step, *rest) for step, rest in sorted(by_step.items())])
