#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds BERT's golden values (tests/golden/bert/bert.safetensors, which the tests hold ours to)
against onnxruntime: masks, pairs, lengths 1 to 512; hidden states, pooler and all heads.

    tools/compare_bert_onnx.py FOLDER    the folder has onnxruntime-node in its node_modules, as
                                         ./run bench bert puts it in ~/.cache/bittensor/bench-bert
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "bert"
sys.path.insert(0, str(GOLDEN))
import make_bert  # noqa: E402

CASES = {"pairs": 1, "one": 1, "long": 16}  # of the golden values, each how many-th position is kept
BY_POSITION = ("hidden", "word_logits", "token_logits", "answer_logits")
OUTPUTS = ("hidden", "pooled", "word_logits", "next_logits", "class_logits", "token_logits",
           "answer_logits")
AGREE = 1e-4


class AllHeads(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = make_bert.make_model().float()

    def forward(self, ids, type_ids, mask):
        bert = self.bert
        hidden, pooled = bert(ids, type_ids, mask)
        return (hidden, pooled, bert.word_logits(hidden), bert.next(pooled),
                bert.classifier(pooled), bert.classifier(hidden), bert.answers(hidden))


def read_golden():
    data = (GOLDEN / "bert.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    types = {"F32": numpy.float32, "I64": numpy.int64}
    values = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            values[name] = numpy.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(
                entry["shape"])
    return values


RUN = """
const ort = require(require.resolve('onnxruntime-node', {paths: [process.cwd()]}));
(async () => {
  const {model, feeds} = JSON.parse(require('fs').readFileSync(0));
  const session = await ort.InferenceSession.create(model);
  const tensors = {};
  for (const [name, {shape, data}] of Object.entries(feeds)) {
    tensors[name] = new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape);
  }
  const found = await session.run(tensors);
  const plain = {};
  for (const [name, {dims, data}] of Object.entries(found)) plain[name] = {dims, data: [...data]};
  console.log(JSON.stringify(plain));
})();
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    golden = read_golden()
    model = AllHeads().eval()
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/bert.onnx"
        inputs = tuple(torch.from_numpy(golden["pairs." + name].copy())
                       for name in ("ids", "type_ids", "mask"))
        torch.onnx.export(model, inputs, path, input_names=["ids", "type_ids", "mask"],
                          output_names=list(OUTPUTS), opset_version=14,
                          dynamic_axes={name: {0: "batch", 1: "length"}
                                        for name in ("ids", "type_ids", "mask")})
        for case, kept in CASES.items():
            feeds = {name: {"shape": golden[f"{case}.{name}"].shape,
                            "data": golden[f"{case}.{name}"].flatten().tolist()}
                     for name in ("ids", "type_ids", "mask")}
            output = subprocess.run(["node", "-e", RUN], cwd=sys.argv[1], check=True, text=True,
                                    input=json.dumps({"model": path, "feeds": feeds}),
                                    stdout=subprocess.PIPE).stdout
            for name, found in json.loads(output).items():
                values = numpy.array(found["data"], numpy.float32).reshape(found["dims"])
                if name in BY_POSITION:
                    mask = golden[f"{case}.mask"][..., None]
                    values = (values * mask)[:, ::kept]
                gap = float(numpy.abs(values - golden[f"{case}.{name}"]).max())
                worst = max(worst, gap)
                print(f"{case:6} {name:14} {gap:.1e}")
                assert gap < AGREE, f"{case} {name}: {gap}"
    print(f"agree: {worst:.1e} at the most")


if __name__ == "__main__":
    main()
