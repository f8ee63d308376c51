#!/usr/bin/env python3
"""Writes model/ and bert.safetensors: a small BERT and what it computes, in double precision,
made from torch.nn.TransformerEncoder, an implementation independent of synapses/bert.

    tests/golden/bert/make_bert.py           into the folder of this script

Cases: "pairs" (three padded pairs, with labels), "one" (a text of length 1), "long" (512 tokens,
with labels). Values of a case have its name before theirs.
"""

import json
import pathlib

import torch
from torch import nn

import make_weights

FOLDER = pathlib.Path(__file__).parent
CONFIG = {"model_type": "bert", "vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2,
          "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "gelu",
          "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
          "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "pad_token_id": 0,
          "id2label": {"0": "A", "1": "B", "2": "C"}}
IGNORED = -100


class Bert(nn.Module):
    """All heads over one encoder."""

    def __init__(self):
        super().__init__()
        size = CONFIG["hidden_size"]
        self.words = nn.Embedding(CONFIG["vocab_size"], size, padding_idx=0)
        self.positions = nn.Embedding(CONFIG["max_position_embeddings"], size)
        self.types = nn.Embedding(CONFIG["type_vocab_size"], size)
        self.norm = nn.LayerNorm(size, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            size, CONFIG["num_attention_heads"], CONFIG["intermediate_size"], dropout=0,
            activation="gelu", layer_norm_eps=1e-12, batch_first=True, norm_first=False)
        self.encoder = nn.TransformerEncoder(layer, CONFIG["num_hidden_layers"],
                                             enable_nested_tensor=False)
        self.pooler = nn.Linear(size, size)
        self.transform = nn.Linear(size, size)
        self.transform_norm = nn.LayerNorm(size, eps=1e-12)
        self.decoder_bias = nn.Parameter(torch.zeros(CONFIG["vocab_size"]))
        self.next = nn.Linear(size, 2)
        self.classifier = nn.Linear(size, 3)
        self.answers = nn.Linear(size, 2)

    def forward(self, ids, types, mask):
        hidden = self.words(ids) + self.positions(torch.arange(ids.shape[1])) + self.types(types)
        hidden = self.encoder(self.norm(hidden), src_key_padding_mask=mask == 0)
        return hidden, torch.tanh(self.pooler(hidden[:, 0]))

    def word_logits(self, hidden):
        hidden = self.transform_norm(nn.functional.gelu(self.transform(hidden)))
        return hidden @ self.words.weight.t() + self.decoder_bias


def hugging_face_names(model, pick):
    """Values of pick(parameter) by Hugging Face's names."""
    found = {}

    def add(name, parameter, rows=slice(None)):
        value = pick(parameter)
        if value is not None:
            found[name] = value[rows]

    def add_both(name, module):
        add(name + ".weight", module.weight)
        add(name + ".bias", module.bias)

    add("bert.embeddings.word_embeddings.weight", model.words.weight)
    add("bert.embeddings.position_embeddings.weight", model.positions.weight)
    add("bert.embeddings.token_type_embeddings.weight", model.types.weight)
    add_both("bert.embeddings.LayerNorm", model.norm)
    size = CONFIG["hidden_size"]
    for i, layer in enumerate(model.encoder.layers):
        prefix = f"bert.encoder.layer.{i}."
        for j, part in enumerate(("query", "key", "value")):
            rows = slice(j * size, (j + 1) * size)
            add(f"{prefix}attention.self.{part}.weight", layer.self_attn.in_proj_weight, rows)
            add(f"{prefix}attention.self.{part}.bias", layer.self_attn.in_proj_bias, rows)
        add_both(prefix + "attention.output.dense", layer.self_attn.out_proj)
        add_both(prefix + "attention.output.LayerNorm", layer.norm1)
        add_both(prefix + "intermediate.dense", layer.linear1)
        add_both(prefix + "output.dense", layer.linear2)
        add_both(prefix + "output.LayerNorm", layer.norm2)
    add_both("bert.pooler.dense", model.pooler)
    add_both("cls.predictions.transform.dense", model.transform)
    add_both("cls.predictions.transform.LayerNorm", model.transform_norm)
    add("cls.predictions.bias", model.decoder_bias)
    add_both("cls.seq_relationship", model.next)
    add_both("classifier", model.classifier)
    add_both("qa_outputs", model.answers)
    return found


def make_model():
    torch.manual_seed(7)
    model = Bert()
    for parameter in model.parameters():
        # Large enough for attention to differ from a mean, for every bias to be seen.
        torch.nn.init.normal_(parameter, 0, 0.3)
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.weight.data += 1
    model.words.weight.data[0] = 0
    return model.double()


def draw_pairs():
    lengths, first = [9, 14, 5], [4, 9, 3]
    ids = torch.randint(5, 97, (3, 14))
    types, mask = torch.zeros(3, 14, dtype=torch.long), torch.zeros(3, 14, dtype=torch.long)
    for row, (length, border) in enumerate(zip(lengths, first)):
        mask[row, :length] = 1
        types[row, border:length] = 1
    return ids * mask, types, mask


def draw_labels(ids, mask):
    labels = torch.where((torch.rand(ids.shape) < 0.3) & (mask == 1), ids, IGNORED)
    labels[0, 1] = 9
    return labels


def single(value):
    return value.detach().float() if value.is_floating_point() else value


def case(model, name, ids, types, mask, with_labels, keep):
    values = {"ids": ids, "type_ids": types, "mask": mask}
    hidden, pooled = model(ids, types, mask)
    values["hidden"] = (hidden * mask.unsqueeze(-1))[:, ::keep]
    values["pooled"] = pooled
    values["word_logits"] = (model.word_logits(hidden) * mask.unsqueeze(-1))[:, ::keep]
    values["next_logits"] = model.next(pooled)
    values["class_logits"] = model.classifier(pooled)
    values["token_logits"] = (model.classifier(hidden) * mask.unsqueeze(-1))[:, ::keep]
    values["answer_logits"] = (model.answers(hidden) * mask.unsqueeze(-1))[:, ::keep]
    if with_labels:
        labels = draw_labels(ids, mask)
        next_labels = torch.arange(ids.shape[0]) % 2
        loss = nn.functional.cross_entropy(
            model.word_logits(hidden).transpose(1, 2), labels, ignore_index=IGNORED)
        loss = loss + nn.functional.cross_entropy(values["next_logits"], next_labels)
        model.zero_grad(set_to_none=True)
        loss.backward()
        values.update({"word_labels": labels, "next_labels": next_labels, "loss": loss})
        for parameter, gradient in hugging_face_names(model, lambda p: p.grad).items():
            values["gradient." + parameter] = gradient
    return {f"{name}.{key}": single(value) for key, value in values.items()}


def main():
    model = make_model()
    (FOLDER / "model").mkdir(exist_ok=True)
    (FOLDER / "model/config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    parameters = hugging_face_names(model, lambda p: p.detach().float())
    make_weights.write_safetensors(FOLDER / "model/model.safetensors", parameters)
    for parameter in model.parameters():
        parameter.data = parameter.data.float().double()

    values = case(model, "pairs", *draw_pairs(), with_labels=True, keep=1)
    ones = torch.ones(1, 1, dtype=torch.long)
    values.update(case(model, "one", ones * 42, ones * 0, ones, with_labels=False, keep=1))
    ones = torch.ones(1, 512, dtype=torch.long)
    values.update(case(model, "long", torch.randint(5, 97, (1, 512)), ones * 0, ones,
                       with_labels=True, keep=16))
    make_weights.write_safetensors(FOLDER / "bert.safetensors", values)


if __name__ == "__main__":
    main()
