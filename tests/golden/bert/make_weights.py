#!/usr/bin/env python3
"""Writes the parameter files that the tests of synapses/bert read.

    tests/golden/bert/make_weights.py        into the folder of this script

The .bin files are PyTorch's own; the .safetensors file is written here from the format's
description alone. All hold the tensors of tensors().
"""

import collections
import json
import pathlib
import struct

import torch

FOLDER = pathlib.Path(__file__).parent
DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16",
          torch.bfloat16: "BF16", torch.int64: "I64", torch.int32: "I32", torch.int16: "I16",
          torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def tensors():
    numbers = torch.arange(24, dtype=torch.float32)
    result = collections.OrderedDict()
    for dtype, name in DTYPES.items():
        result["all." + name] = (torch.arange(6) % 4).reshape(2, 3).to(dtype)
    result["turned"] = numbers.reshape(4, 6).t()
    result["part"] = numbers[5:9]
    result["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.5]))
    result["scalar"] = torch.tensor(7, dtype=torch.int64)
    result["empty"] = torch.empty(3, 0)
    return result


def write_safetensors(path, state):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in state.items():
        raw = tensor.detach().contiguous().reshape(-1)
        if raw.dtype == torch.bfloat16:
            raw = raw.view(torch.int16)
        raw = raw.numpy().tobytes()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # as the library writes it: what follows is aligned
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    state = tensors()
    # As module.state_dict() has it: an attribute beside the items.
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    torch.save(state, FOLDER / "tensors.bin")
    torch.save(dict(state), FOLDER / "tensors_old.bin", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": state, "loss": 0.5}, FOLDER / "checkpoint.bin")
    write_safetensors(FOLDER / "tensors.safetensors", state)


if __name__ == "__main__":
    main()
