#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fine-tuning that ./run bert --task classify does, in transformers: finetune_bench.py's
reference. Prints {"accuracy": ...} of the texts that are held out.

    reference.py MODEL FILE.tsv --seed N --epochs N --train N --max_length N --learning_rate R
"""

import argparse
import json
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: E402


def rate_of(progress):
    """As bittensor/neuron/schedule.h, one_cycle_at(): a warm-up, and a linear fall."""
    if progress < 0.2:
        return 0.05 + 0.95 * progress / 0.2
    return 0.002 + 0.998 * max(0, 1 - progress) / 0.8


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("data", type=pathlib.Path)
    for name, kind in (("seed", int), ("epochs", int), ("train", int), ("max_length", int),
                       ("threads", int), ("learning_rate", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rows = [line.rsplit("\t", 1) for line in options.data.read_text("utf-8").splitlines()]
    names = sorted({label for _, label in rows})
    train = [row for i, row in enumerate(rows) if i % 10 != 9][:options.train]
    test = [row for i, row in enumerate(rows) if i % 10 == 9]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForSequenceClassification.from_pretrained(options.model,
                                                               num_labels=len(names))

    def encoded(batch):
        return tokenizer([text for text, _ in batch], truncation=True, padding=True,
                         max_length=options.max_length, return_tensors="pt")

    def labels(batch):
        return torch.tensor([names.index(label) for _, label in batch])

    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01},
                                   {"params": others, "weight_decay": 0}], options.learning_rate)
    steps = -(-len(train) // 16) * options.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_of(step / steps))
    model.train()
    for _ in range(options.epochs):
        order = torch.randperm(len(train)).tolist()
        for i in range(0, len(order), 16):
            batch = [train[j] for j in order[i:i + 16]]
            model(**encoded(batch), labels=labels(batch)).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(test), 64):
            batch = test[i:i + 64]
            right += (model(**encoded(batch)).logits.argmax(1) == labels(batch)).sum().item()
    print(json.dumps({"accuracy": right / len(test)}))


if __name__ == "__main__":
    main()
