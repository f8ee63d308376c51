# SPDX-License-Identifier: MIT
"""The forward pass of a BERT in PyTorch, timed: bert_bench.py's reference.

    bert_pytorch.py --make FOLDER        writes random parameters of bert-base
    bert_pytorch.py --make-onnx FOLDER   and BERT as ONNX
    bert_pytorch.py FOLDER THREADS       as bert_forward.cc
"""

import json
import pathlib
import sys
import time

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden" / "bert"))
import make_bert  # noqa: E402: BERT from torch.nn.TransformerEncoder
import make_weights  # noqa: E402

BASE = {"vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "intermediate_size": 3072}


class Hidden(torch.nn.Module):
    """The hidden states of texts without padding, all of type 0."""

    def __init__(self):
        super().__init__()
        make_bert.CONFIG.update(BASE)
        torch.manual_seed(1)
        self.bert = make_bert.Bert()
        for parameter in self.bert.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, 0, 0.02)

    def forward(self, ids):
        bert = self.bert
        hidden = bert.words(ids) + bert.positions(torch.arange(ids.shape[1])) + bert.types.weight[0]
        return bert.encoder(bert.norm(hidden))


def make(folder, with_onnx):
    model = Hidden()
    parameters = make_bert.hugging_face_names(model.bert, lambda p: p.detach())
    make_weights.write_safetensors(folder / "model.safetensors", parameters)
    (folder / "config.json").write_text(json.dumps(make_bert.CONFIG, indent=2) + "\n")
    if not with_onnx:
        return
    ids = torch.ones(2, 16, dtype=torch.long)
    torch.onnx.export(model, ids, str(folder / "bert.onnx"), input_names=["ids"],
                      output_names=["hidden"], opset_version=14,
                      dynamic_axes={"ids": {0: "batch", 1: "length"}})


def serve(folder, threads):
    torch.set_num_threads(threads)
    model = Hidden()
    model.eval()
    for line in sys.stdin:
        batch, length = (int(word) for word in line.split())
        ids = (torch.arange(batch * length) * 7919 % 20000 + 1000).view(batch, length)
        with torch.inference_mode():
            start = time.perf_counter()
            hidden = model(ids)
            took = time.perf_counter() - start
        values = " ".join(f"{value:.6f}" for value in hidden[-1, -1, :8].tolist())
        print(f"{1000 * took:.4f} {values}", flush=True)


if __name__ == "__main__":
    if sys.argv[1].startswith("--make"):
        make(pathlib.Path(sys.argv[2]), sys.argv[1] == "--make-onnx")
    else:
        serve(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
