# SPDX-License-Identifier: MIT
"""A neuron in the training loop of Lightning (``lightning`` or ``pytorch_lightning``)."""

try:
    from lightning.pytorch import Callback
except ImportError:
    from pytorch_lightning import Callback

from bittensor_cpp.neuron import Neuron


class JoinNetwork(Callback):
    """The neuron joins the network when training begins, learns in each step, and leaves in the end::

        Trainer(callbacks=[JoinNetwork(neuron)]).fit(module)

    The module's ``training_step`` asks, ``neuron.context(inputs)``, and adds
    ``neuron.balance_loss`` to its loss; its optimizer trains ``neuron.parameters()``:
    ``neuron.optimizer`` does, or one of your own.
    """

    def __init__(self, neuron: Neuron):
        self.neuron = neuron

    def on_train_start(self, *_):
        self.neuron.start()

    def on_before_optimizer_step(self, *_):
        self.neuron.step()  # Between backward() and the optimizer's step.

    def on_train_end(self, *_):
        self.neuron.leave()

    def on_exception(self, *_):
        self.neuron.stop()
