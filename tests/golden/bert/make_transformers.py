#!/usr/bin/env python3
"""Small BERTs of all of transformers' classes with random configurations, and what they compute.

    make_transformers.py golden                     writes transformers.safetensors and .json here
    make_transformers.py folders OUT COUNT SEED     writes COUNT folders as users have them

`golden` goes through every class, activation and way of positions; the values that are committed are
those of transformers 4.46.3, the last series with relative positions. Each folder of `folders` also
has io.safetensors: inputs, labels, loss, logits, hidden states and gradients. The files of parameters
vary: safetensors or .bin, whole or in pieces, half precision, names as other programs write them.
"""

import itertools
import json
import os
import pathlib
import random
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
import transformers  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent
CLASSES = ["BertModel", "BertForPreTraining", "BertForMaskedLM", "BertLMHeadModel",
           "BertForNextSentencePrediction", "BertForSequenceClassification",
           "BertForMultipleChoice", "BertForTokenClassification", "BertForQuestionAnswering"]
# All but those with parameters of their own.
ACTIVATIONS = [name for name in transformers.activations.ACT2CLS if name not in ("prelu", "xielu")]
POSITIONS = ["absolute", "relative_key", "relative_key_query"]
PROBLEMS = ["regression", "single_label_classification", "multi_label_classification"]
# transformers 5 has neither relative positions nor masks of heads.
OLD = int(transformers.__version__.split(".")[0]) < 5


def random_config(rng, name, activation, positions, largest=24):
    heads = rng.choice([1, 2, 3])
    config = {
        "vocab_size": rng.randint(12, 40), "hidden_size": heads * rng.randint(2, largest // 6),
        "num_hidden_layers": rng.randint(1, 3), "num_attention_heads": heads,
        "intermediate_size": rng.randint(3, largest), "hidden_act": activation,
        "max_position_embeddings": rng.randint(8, 14), "type_vocab_size": rng.randint(2, 3),
        "layer_norm_eps": rng.choice([1e-12, 1e-5]), "initializer_range": 0.3,
        "num_labels": rng.randint(2, 4), "pad_token_id": 0,
        "position_embedding_type": positions, "attn_implementation": "eager",
        "classifier_dropout": rng.choice([None, 0.2])}
    if name in ("BertForMaskedLM", "BertForPreTraining", "BertLMHeadModel"):
        config["tie_word_embeddings"] = rng.random() < 0.7
    if name == "BertForQuestionAnswering":
        config["num_labels"] = 2
    if name == "BertForSequenceClassification":
        config["problem_type"] = rng.choice(PROBLEMS)
        if config["problem_type"] == "regression":
            config["num_labels"] = rng.randint(1, 3)
    if name == "BertLMHeadModel" or (name == "BertModel" and rng.random() < 0.3):
        config["is_decoder"] = True
        config["add_cross_attention"] = rng.random() < 0.5
    return transformers.BertConfig(**config)


def make_labels(rng, name, config, batch, length):
    whole = lambda most, *shape: torch.randint(0, most, shape)
    if name == "BertModel":
        return {}
    if name == "BertForPreTraining":
        return {"labels": whole(config.vocab_size, batch, length),
                "next_sentence_label": whole(2, batch)}
    if name in ("BertForMaskedLM", "BertLMHeadModel"):
        labels = whole(config.vocab_size, batch, length)
        labels[:, ::2] = -100
        labels[0, 0] = 3
        return {"labels": labels}
    if name == "BertForNextSentencePrediction":
        return {"labels": whole(2, batch)}
    if name == "BertForSequenceClassification":
        return {"labels": {
            "regression": torch.randn(batch, config.num_labels).squeeze(-1),
            "single_label_classification": whole(config.num_labels, batch),
            "multi_label_classification": whole(2, batch, config.num_labels).float(),
        }[config.problem_type]}
    if name == "BertForMultipleChoice":
        return {"labels": whole(2, batch)}
    if name == "BertForTokenClassification":
        return {"labels": whole(config.num_labels, batch, length)}
    return {"start_positions": whole(length, batch), "end_positions": whole(length, batch)}


def make_model(name, config):
    model = getattr(transformers, name)(config)
    with torch.no_grad():  # biases and norms that say something
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def compute(rng, name, model):
    """What goes in and comes out, by the names that transformers_test.cc knows."""
    config = model.config
    batch, length = rng.randint(1, 3), rng.randint(2, 8)
    shape = (batch, 2, length) if name == "BertForMultipleChoice" else (batch, length)
    ids = torch.randint(1, config.vocab_size, shape)
    mask = torch.ones(shape, dtype=torch.long)
    if rng.random() < 0.6:
        mask[-1, ..., length // 2 + 1:] = 0
        ids = ids * mask
    types = torch.randint(0, config.type_vocab_size, shape)
    labels = make_labels(rng, name, config, batch, length)
    io = {"ids": ids, "mask": mask, "types": types, **labels}
    more = {}
    if OLD and name != "BertForMultipleChoice" and rng.random() < 0.4:
        more["head_mask"] = torch.rand(config.num_hidden_layers, config.num_attention_heads)
        io["head_mask"] = more["head_mask"]
    if config.add_cross_attention:
        more["encoder_hidden_states"] = torch.randn(batch, 5, config.hidden_size)
        more["encoder_attention_mask"] = torch.ones(batch, 5, dtype=torch.long)
        more["encoder_attention_mask"][-1, 3:] = 0
        io["encoder_hidden"] = more["encoder_hidden_states"]
        io["encoder_mask"] = more["encoder_attention_mask"]
    output = model(ids, attention_mask=mask, token_type_ids=types, output_hidden_states=True,
                   output_attentions=True, **labels, **more)
    for i, hidden in enumerate(output.hidden_states):
        io[f"hidden.{i}"] = hidden
    for i, attention in enumerate(output.attentions):
        io[f"attention.{i}"] = attention
    if name == "BertModel":
        io["pooled"] = output.pooler_output
        loss = (output.last_hidden_state ** 2).sum() + output.pooler_output.sum()
    elif name == "BertForPreTraining":
        io["logits"], io["next_logits"] = output.prediction_logits, output.seq_relationship_logits
        loss = output.loss
    elif name == "BertForQuestionAnswering":
        io["logits"] = torch.stack([output.start_logits, output.end_logits], -1)
        loss = output.loss
    else:
        io["logits"] = output.logits
        loss = output.loss
    io["loss"] = loss
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.grad is not None:
            io[f"gradient.{key}"] = parameter.grad
    return {key: value.detach().clone().contiguous() for key, value in io.items()}


def write_config(path, name, config):
    text = json.loads(config.to_json_string(use_diff=False))
    text["architectures"] = [name]
    path.write_text(json.dumps(text, indent=2))


def golden():
    from safetensors.torch import save_file
    rng = random.Random(1)
    torch.manual_seed(1)
    tensors, cases = {}, []
    activations = itertools.cycle(ACTIVATIONS)
    for name, positions in itertools.product(CLASSES, POSITIONS):
        config = random_config(rng, name, next(activations), positions, largest=12)
        model = make_model(name, config)
        case = f"{len(cases):02}"
        cases.append({"case": case, "config": {**json.loads(config.to_json_string(use_diff=False)),
                                               "architectures": [name]}})
        for key, value in model.state_dict().items():
            tensors[f"{case}.weights.{key}"] = value.clone().contiguous()
        for key, value in compute(rng, name, model).items():
            tensors[f"{case}.{key}"] = value
    save_file(tensors, FOLDER / "transformers.safetensors")
    kept = ["architectures", "vocab_size", "hidden_size", "num_hidden_layers",
            "num_attention_heads", "intermediate_size", "hidden_act", "max_position_embeddings",
            "position_embedding_type", "type_vocab_size", "layer_norm_eps", "pad_token_id",
            "is_decoder", "add_cross_attention", "tie_word_embeddings", "id2label", "problem_type"]
    for case in cases:
        case["config"] = {"model_type": "bert", **{key: case["config"].get(key) for key in kept}}
    lines = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / "transformers.json").write_text(f"[\n{lines}\n]\n")


def other_names(state, rng):
    """As programs for training and older programs write them."""
    way = rng.choice(["plain", "module", "gamma"])
    if way == "module":
        return {f"module.{key}": value for key, value in state.items()}
    if way == "gamma":
        return {key.replace("LayerNorm.weight", "LayerNorm.gamma")
                   .replace("LayerNorm.bias", "LayerNorm.beta"): value
                for key, value in state.items()}
    return state


def folders(out, count, seed):
    from safetensors.torch import save_file
    rng = random.Random(seed)
    torch.manual_seed(seed)
    for i in range(count):
        name = CLASSES[i % len(CLASSES)]
        positions = rng.choice(POSITIONS) if OLD else "absolute"
        config = random_config(rng, name, rng.choice(ACTIVATIONS), positions)
        model = make_model(name, config)
        folder = out / f"{i:03}"
        folder.mkdir(parents=True)
        form = rng.choice(["safetensors", "pieces", "bin", "lightning", "half"])
        if form == "half":  # of numbers that bfloat16 has
            dtype = rng.choice([torch.float16, torch.bfloat16])
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.copy_(parameter.to(dtype))
            model.to(dtype).save_pretrained(folder)
            model.float()
        elif form in ("bin", "lightning"):
            state = other_names(model.state_dict(), rng)
            torch.save(dict(state) if form == "bin" else {"epoch": 1, "state_dict": dict(state)},
                       folder / "pytorch_model.bin")
        elif form == "pieces":
            model.save_pretrained(folder, max_shard_size="4KB")
        else:
            model.save_pretrained(folder)
        write_config(folder / "config.json", name, config)
        save_file(compute(rng, name, model), folder / "io.safetensors")


if __name__ == "__main__":
    if sys.argv[1] == "golden":
        golden()
    else:
        folders(pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
