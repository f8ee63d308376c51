#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/bert/texts: small folders as transformers saves them, with random parameters,
and what its pipelines and sentence-transformers' recipe say about some texts.

    python3 -m venv --system-site-packages venv     # Debian's torch 1.13
    venv/bin/pip install transformers==4.44.2 'numpy<2'
    venv/bin/python tests/golden/bert/make_texts.py"""

import json
import pathlib
import shutil
import string

import torch
from transformers import (BertConfig, BertForMaskedLM, BertForQuestionAnswering,
                          BertForSequenceClassification, BertModel, BertTokenizerFast, pipeline)

FOLDER = pathlib.Path(__file__).resolve().parent / "texts"
WORDS = ("the people of union congress state is strong and we will not yield peace free mail offer money "
         "dear friend what who when").split()
SMALL = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
             max_position_embeddings=48, initializer_range=0.6)
TEXTS = ["The state of the union is strong.", "Dear friend, free money!", "", "we will not yield",
         "the people " * 40, "Unaffable \u00e9t\u00e9"]
PAIRS = [("what is strong", "the union is strong"), ("who", "we the people")]
QUESTIONS = [("What is strong?", "We will not yield. The state of the union is strong, and free."),
             ("who will not yield", "peace money mail " * 30 + "we the people will not yield " +
              "offer dear friend " * 20)]
MASKED = ["The state of the [MASK] is strong.", "[MASK] and [MASK], we will not yield"]


def make_tokenizer():
    letters = string.ascii_lowercase + ".,!?'"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters,
              *("##" + letter for letter in string.ascii_lowercase),
              *sorted(set(WORDS) - set(letters))]
    path = FOLDER / "vocab.txt"
    path.write_text("".join(token + "\n" for token in tokens))
    tokenizer = BertTokenizerFast(str(path), model_max_length=48)
    path.unlink()
    return tokenizer, len(tokens)


def save(name, model, tokenizer):
    folder = FOLDER / name
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for file in ("vocab.txt", "special_tokens_map.json"):  # transformers 5 does not write them
        (folder / file).unlink(missing_ok=True)
    return folder


def classify(model, tokenizer, texts, pairs):
    rows = []
    for text in [*texts, *pairs]:
        arguments = text if isinstance(text, tuple) else (text,)
        tokens = tokenizer(*arguments, truncation=True, max_length=48, return_tensors="pt")
        rows.append(model(**tokens).logits.softmax(1)[0].tolist())
    return rows


def embed(model, tokenizer, texts, dense):
    rows = []
    for text in texts:
        tokens = tokenizer(text, truncation=True, max_length=20, return_tensors="pt")
        hidden = model(**tokens).last_hidden_state[0]
        pooled = torch.cat([hidden[0], hidden.mean(0)])  # cls and mean, side by side
        rows.append(torch.nn.functional.normalize(torch.tanh(dense(pooled)), dim=0).tolist())
    return rows


def sentence_modules(folder, dense):
    """modules.json and its files, as sentence-transformers saves them."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"),
             ("3_Normalize", "Normalize")]
    (folder / "modules.json").write_text(json.dumps(
        [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
         for i, (path, kind) in enumerate(kinds)], indent=2) + "\n")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 20}) + "\n")
    for name, config in (("1_Pooling", {"word_embedding_dimension": 16,
                                        "pooling_mode_cls_token": True,
                                        "pooling_mode_mean_tokens": True,
                                        "pooling_mode_max_tokens": False}),
                         ("2_Dense", {"in_features": 32, "out_features": 8, "bias": True,
                                      "activation_function":
                                          "torch.nn.modules.activation.Tanh"})):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    torch.save({"linear.weight": dense.weight.data, "linear.bias": dense.bias.data},
               folder / "2_Dense" / "pytorch_model.bin")


@torch.no_grad()
def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    torch.manual_seed(5)
    tokenizer, words = make_tokenizer()
    config = BertConfig(vocab_size=words, **SMALL)
    expected = {"texts": TEXTS, "pairs": PAIRS, "questions": QUESTIONS, "masked": MASKED}

    labels = {0: "ham", 1: "spam", 2: "neither"}
    classifier = BertForSequenceClassification(BertConfig(
        vocab_size=words, id2label=labels, label2id={name: i for i, name in labels.items()}, **SMALL))
    save("classifier", classifier, tokenizer)
    expected["scores"] = classify(classifier, tokenizer, TEXTS, PAIRS)

    answers = BertForQuestionAnswering(config)
    folder = save("answers", answers, tokenizer)
    ask = pipeline("question-answering", model=str(folder), tokenizer=str(folder))
    expected["answers"] = [
        ask(question=question, context=text, max_seq_len=48, doc_stride=16)
        for question, text in QUESTIONS]

    masked = BertForMaskedLM(config)
    folder = save("masked", masked, tokenizer)
    fill = pipeline("fill-mask", model=str(folder), tokenizer=str(folder), top_k=3)
    expected["guesses"] = [fill(text) for text in MASKED]

    sentences = BertModel(config)
    dense = torch.nn.Linear(32, 8)
    folder = save("sentences", sentences, tokenizer)
    sentence_modules(folder, dense)
    expected["embeddings"] = embed(sentences, tokenizer, TEXTS, dense)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
