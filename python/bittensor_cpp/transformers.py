# SPDX-License-Identifier: MIT
"""A neuron in the training loop of transformers' ``Trainer``."""

from transformers import TrainerCallback

from bittensor_cpp.neuron import Neuron


class JoinNetwork(TrainerCallback):
    """The neuron joins the network when training begins, learns in each step, and leaves in the end::

        Trainer(callbacks=[JoinNetwork(neuron)], optimizers=(neuron.optimizer, None), ...).train()

    The trainer's ``compute_loss`` asks, ``neuron.context(inputs)``, and adds
    ``neuron.balance_loss`` to the loss. Another optimizer must train ``neuron.parameters()``.
    """

    def __init__(self, neuron: Neuron):
        self.neuron = neuron

    def on_train_begin(self, *_, **__):
        self.neuron.start()

    def on_pre_optimizer_step(self, *_, **__):
        self.neuron.step()  # Between backward() and the optimizer's step.

    def on_train_end(self, *_, **__):
        self.neuron.leave()
