# SPDX-License-Identifier: MIT
"""transformers' Trainer trains a model that has joined the network: trainer_callback.py MNIST [HOST:PORT]"""

import sys

import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

import bittensor_cpp

from mnist_data import read_mnist
from mnist_synapse import MnistSynapse

model = MnistSynapse()
neuron = bittensor_cpp.Neuron(model, bootstrap=sys.argv[2:], min_peers=len(sys.argv[2:]))


class Join(TrainerCallback):
    def on_train_begin(self, *_, **__):
        neuron.start()

    def on_pre_optimizer_step(self, *_, **__):
        neuron.step()  # Between backward() and the optimizer's step.

    def on_train_end(self, *_, **__):
        neuron.stop()


class JoinedTrainer(Trainer):
    def compute_loss(self, model, inputs, *_, **__):
        images, labels = inputs
        context = model.encode(images)
        network = neuron.context(images, context=context)
        return model(context, labels, network).loss + neuron.balance_loss


JoinedTrainer(
    model, TrainingArguments("trained", per_device_train_batch_size=64, num_train_epochs=1,
                             save_strategy="no", report_to=[], use_cpu=True),
    train_dataset=read_mnist(sys.argv[1], "train"), callbacks=[Join()],
    data_collator=torch.utils.data.default_collate, optimizers=(neuron.optimizer, None)).train()
print(neuron.stats)
