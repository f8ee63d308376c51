# SPDX-License-Identifier: MIT
"""Lightning trains a model that has joined the network: lightning_callback.py MNIST [HOST:PORT]"""

import sys

import pytorch_lightning as lightning
import torch

import bittensor_cpp

from mnist_data import read_mnist
from mnist_synapse import MnistSynapse

model = MnistSynapse()
neuron = bittensor_cpp.Neuron(model, bootstrap=sys.argv[2:], min_peers=len(sys.argv[2:]))


class Join(lightning.Callback):
    def on_train_start(self, *_):
        neuron.start()

    def on_before_optimizer_step(self, *_):
        neuron.step()  # Between backward() and the optimizer's step.

    def on_train_end(self, *_):
        neuron.stop()


class Classifier(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.model, self.optimizer = model, neuron.optimizer

    def training_step(self, batch, _):
        images, labels = batch
        context = self.model.encode(images)
        network = neuron.context(images, context=context)
        return self.model(context, labels, network).loss + neuron.balance_loss

    def configure_optimizers(self):
        return self.optimizer


loader = torch.utils.data.DataLoader(read_mnist(sys.argv[1], "train"), 64, shuffle=True)
lightning.Trainer(max_epochs=1, callbacks=[Join()], logger=False, enable_checkpointing=False,
                  accelerator="cpu").fit(Classifier(), loader)
print(neuron.stats)
