#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tests the models that C++ neurons saved, with the models of plain.py: how a neuron's local path
got better over time.

    checkpoints.py mnist|cifar|bert --data DIR [--vocab FILE] [--test_images N] FILE...

Prints a line of JSON: [step, accuracy in percent, loss] of each file. With --joined, the loss of
the mean of all their predictions, then without the second file, without the third and so on."""

import argparse
import json
import pathlib

import torch

import images
import speeches


def digits(saved):
    return {name.replace("pixels.", "encoder.0.").replace("features.", "encoder.2."): tensor
            for name, tensor in saved["synapse"].items()}


def photographs(saved):
    return saved["synapse"]


def bert(saved):
    """Hugging Face's names to those of torch.nn.TransformerEncoderLayer."""
    theirs = saved["synapse"]
    ours = {name: tensor for name, tensor in theirs.items()
            if name.split(".")[0] in ("features", "student", "joint", "back")}

    def take(name, *sources):
        for part in ("weight", "bias"):
            found = [theirs[f"pretraining.{source}.{part}"] for source in sources
                     if f"pretraining.{source}.{part}" in theirs]
            if found:
                ours[f"{name}.{part}"] = torch.cat(found)

    for name, source in (("words", "word_embeddings"), ("positions", "position_embeddings"),
                         ("types", "token_type_embeddings"), ("norm", "LayerNorm")):
        take(name, f"bert.embeddings.{source}")
    for i in range(sum(name.endswith("attention.self.query.bias") for name in theirs)):
        layer, source = f"layers.{i}", f"bert.encoder.layer.{i}"
        attention = [f"{source}.attention.self.{part}" for part in ("query", "key", "value")]
        take(f"{layer}.in_proj", *attention)
        ours[f"{layer}.self_attn.in_proj_weight"] = ours.pop(f"{layer}.in_proj.weight")
        ours[f"{layer}.self_attn.in_proj_bias"] = ours.pop(f"{layer}.in_proj.bias")
        take(f"{layer}.self_attn.out_proj", f"{source}.attention.output.dense")
        take(f"{layer}.norm1", f"{source}.attention.output.LayerNorm")
        take(f"{layer}.linear1", f"{source}.intermediate.dense")
        take(f"{layer}.linear2", f"{source}.output.dense")
        take(f"{layer}.norm2", f"{source}.output.LayerNorm")
    take("pooler", "bert.pooler.dense")
    take("next", "cls.seq_relationship")
    take("transform", "cls.predictions.transform.dense")
    take("transform_norm", "cls.predictions.transform.LayerNorm")
    ours["bias"] = theirs["pretraining.cls.predictions.bias"]
    return ours


def predicted(task, model):
    """Probabilities [images, classes] of the test."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(task.normalised(some)).softmax(1)
                          for some in task.test_images.split(250)])


def joined_loss(predictions, labels):
    mean = sum(predictions) / len(predictions)
    return torch.nn.functional.nll_loss(mean.log(), labels).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("task", choices=["mnist", "cifar", "bert"])
    parser.add_argument("files", type=pathlib.Path, nargs="+")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--vocab", type=pathlib.Path)
    parser.add_argument("--model", default="tiny", help="of bert")
    parser.add_argument("--test_images", type=int, default=0)
    parser.add_argument("--joined", action="store_true", help="of images")
    options = parser.parse_args()
    options.neurons, options.of, options.labels, options.sizes = 1, 1, 1, None
    options.alpha, options.seed, options.share_seed, options.way = 0, 1, 1, "union"

    torch.set_num_threads(1)
    task = {"mnist": images.Mnist, "cifar": images.Cifar,
            "bert": speeches.Speeches}[options.task](options)
    model = task.model()
    names = {"mnist": digits, "cifar": photographs, "bert": bert}[options.task]
    tests, predictions = [], []
    for file in options.files:
        saved = torch.load(file, map_location="cpu")
        model.load_state_dict(names(saved))
        if options.joined:
            predictions.append(predicted(task, model))
        else:
            test = task.test(model)
            tests.append([saved["step"], test["accuracy"], test["loss"]])
    if options.joined:
        tests = [joined_loss(predictions, task.test_labels)]
        tests += [joined_loss(predictions[:i] + predictions[i + 1:], task.test_labels)
                  for i in range(1, len(predictions))]
    print(json.dumps(tests))


if __name__ == "__main__":
    main()
