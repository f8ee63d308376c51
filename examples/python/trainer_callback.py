# SPDX-License-Identifier: MIT
"""transformers' Trainer trains a model that has joined the network: trainer_callback.py MNIST [HOST:PORT]"""
import sys
import torch
import transformers
import bittensor_cpp
from bittensor_cpp.transformers import JoinNetwork
from mnist_data import read_mnist
from mnist_synapse import MnistSynapse


class Trainer(transformers.Trainer):
    def compute_loss(self, model, inputs, *_, **__):
        images, labels = inputs
        context = model.encode(images)
        network = neuron.context(images, context=context)
        return model(context, labels, network).loss + neuron.balance_loss


neuron = bittensor_cpp.Neuron(MnistSynapse(), bootstrap=sys.argv[2:], min_peers=len(sys.argv[2:]))
settings = transformers.TrainingArguments(
    "trained", per_device_train_batch_size=64, num_train_epochs=1, save_strategy="no",
    report_to=[], use_cpu=True)
Trainer(neuron.model, settings, train_dataset=read_mnist(sys.argv[1], "train"),
        data_collator=torch.utils.data.default_collate, callbacks=[JoinNetwork(neuron)],
        optimizers=(neuron.optimizer, None)).train()
print(neuron.stats)
