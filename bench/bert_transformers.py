# SPDX-License-Identifier: MIT
"""Sentence embeddings by transformers, timed: bert_bench.py's reference. Arguments as bert_embed.cc.

What sentence-transformers does with all-MiniLM-L6-v2: the mean over the tokens, of length 1. Batches
of 32 in the order of the texts, each padded to its longest; with the argument --sorted the texts are
sorted by length first, as sentence-transformers does."""

import sys
import time

import torch
from transformers import AutoModel, AutoTokenizer

BATCH = 32
LENGTH = 256  # sentence_bert_config.json


def embed(model, tokenizer, texts, sort):
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i])) if sort else range(len(texts))
    order = list(order)
    parts = []
    for begin in range(0, len(texts), BATCH):
        batch = [texts[i] for i in order[begin:begin + BATCH]]
        tokens = tokenizer(batch, padding=True, truncation=True, max_length=LENGTH,
                           return_tensors="pt")
        hidden = model(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        parts.append(torch.nn.functional.normalize(mean, p=2, dim=1))
    vectors = torch.cat(parts)
    return torch.empty_like(vectors).index_copy_(0, torch.tensor(order), vectors)


def main():
    folder, threads, texts_file, vectors_file = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    with open(texts_file, encoding="utf-8") as file:
        texts = file.read().split("\n")[:-1]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    first = True
    for _ in sys.stdin:
        with torch.inference_mode():
            start = time.perf_counter()
            vectors = embed(model, tokenizer, texts, "--sorted" in sys.argv)
            took = time.perf_counter() - start
        if first:
            vectors.numpy().tofile(vectors_file)
        first = False
        print(took, flush=True)


if __name__ == "__main__":
    main()
