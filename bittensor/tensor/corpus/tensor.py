#!/usr/bin/env python3
"""Makes the corpus of codec_fuzz: tensor.py PROTOS, a folder with the Python classes of proto/."""
import pathlib
import struct
import sys

sys.path.insert(0, sys.argv[1])
from bittensor.v1 import axon_pb2 as axon, tensor_pb2 as t  # noqa: E402

FOLDER = pathlib.Path(__file__).parent / "tensor"
HUGE = 2**63 - 1


def tensor(data, shape, dtype=t.DTYPE_FLOAT32, compression=t.COMPRESSION_NONE):
    return t.Tensor(dtype=dtype, shape=shape, data=data, compression=compression)


def rows(count, size, scale=0.01, offset=-1.0):
    return struct.pack("<ff", scale, offset) * count + bytes(range(size)) * count


TENSORS = {
    "float32": tensor(struct.pack("<6f", *range(6)), [2, 3]),
    "float16": tensor(struct.pack("<6e", *range(6)), [2, 3], compression=t.COMPRESSION_FLOAT16),
    "bfloat16": tensor(b"\x80\x3f" * 6, [2, 3], compression=t.COMPRESSION_BFLOAT16),
    "int8": tensor(rows(2, 40), [2, 40], compression=t.COMPRESSION_INT8),
    "int8_nan_scale": tensor(rows(2, 40, float("nan"), float("inf")), [2, 40],
                             compression=t.COMPRESSION_INT8),
    "int8_huge_scale": tensor(rows(1, 9, 3e38, 3e38), [9], compression=t.COMPRESSION_INT8),
    "int8_rows_do_not_divide": tensor(rows(3, 8), [8], compression=t.COMPRESSION_INT8),
    "int8_no_rows": tensor(bytes(8), [8], compression=t.COMPRESSION_INT8),
    "int8_empty": tensor(b"", [0, 5], compression=t.COMPRESSION_INT8),
    "int64": tensor(struct.pack("<2q", 1, 2), [2], t.DTYPE_INT64),
    "overflow": tensor(b"x" * 16, [HUGE, HUGE]),
    "negative": tensor(b"x" * 16, [-1, -4]),
    "unknown": tensor(b"x" * 16, [4], 99, 99),
    "scalar": tensor(b"abcd", []),
}

FOLDER.mkdir(exist_ok=True)
for name, one in TENSORS.items():
    (FOLDER / name).write_bytes(axon.ForwardResponse(output=one).SerializeToString())
(FOLDER / "forward").write_bytes(axon.ForwardRequest(
    modality=axon.MODALITY_TENSOR, call_id=7, inputs=TENSORS["int8"],
    answer_compression=t.COMPRESSION_INT8).SerializeToString())
(FOLDER / "text").write_bytes(axon.ForwardRequest(
    modality=axon.MODALITY_TEXT, text=["a", "b"]).SerializeToString())
(FOLDER / "backward").write_bytes(axon.BackwardRequest(
    modality=axon.MODALITY_TENSOR, call_id=7, inputs=TENSORS["float32"],
    output_gradient=TENSORS["float16"]).SerializeToString())
