# SPDX-License-Identifier: MIT
"""Lightning trains a model that has joined the network: lightning_callback.py MNIST [HOST:PORT]"""
import sys
import pytorch_lightning as lightning
import torch
import bittensor_cpp
from bittensor_cpp.lightning import JoinNetwork
from mnist_data import read_mnist
from mnist_synapse import MnistSynapse


class Classifier(lightning.LightningModule):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def training_step(self, batch, _):
        context = self.model.encode(batch[0])
        network = neuron.context(batch[0], context=context)
        return self.model(context, batch[1], network).loss + neuron.balance_loss

    def configure_optimizers(self):
        return neuron.optimizer


neuron = bittensor_cpp.Neuron(MnistSynapse(), bootstrap=sys.argv[2:], min_peers=len(sys.argv[2:]))
loader = torch.utils.data.DataLoader(read_mnist(sys.argv[1], "train"), 64, shuffle=True)
lightning.Trainer(max_epochs=1, callbacks=[JoinNetwork(neuron)]).fit(Classifier(neuron.model), loader)
print(neuron.stats)
