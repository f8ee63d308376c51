#!/usr/bin/env python3
"""Makes the corpus of chain_fuzz.cc beside this file: corpus/make.py"""

import pathlib

here = pathlib.Path(__file__).resolve().parent / "chain"
here.mkdir(exist_ok=True)


def text(word):
    return bytes([4 * len(word)]) + word.encode()


# One type (u8), one pallet with a storage value, no extensions.
type_u8 = bytes([4]) + bytes([0, 0, 0]) + bytes([5, 3]) + bytes([0])
entry = text("Now") + bytes([1, 0, 0]) + bytes([4, 7]) + bytes([0])
pallet = text("Clock") + bytes([1]) + text("Clock") + bytes([4]) + entry + bytes([0, 0, 0, 0, 9])
metadata = b"meta\x0e" + type_u8 + bytes([4]) + pallet + bytes([0, 4, 0]) + bytes([0])
phase = bytes([0, 1, 0, 0, 0])
inputs = {
    "answer": b'\x00{"jsonrpc":"2.0","id":1,"result":"0x00"}',
    "error": b'\x00{"jsonrpc":"2.0","id":1,"error":{"code":1010,"message":"Invalid Transaction"}}',
    "head": b'\x00{"method":"chain_newHead","params":{"subscription":1,"result":{"number":"0x2a"}}}',
    "nested": b"\x00" + b"[" * 80,
    "endpoint": b"\x00wss://[::1]:443/x",
    "metadata": b"\x01" + metadata,
    "metadata_cut": b"\x01" + metadata[:40],
    "metadata_long_list": b"\x01meta\x0e\xfe\xff\xff\xff",
    "events": b"\x02\x04" + phase + bytes([0, 0, 4, 8, 1, 0, 0]),
    "no_events": b"\x02\x00",
    "neurons": b"\x03\x04" + bytes(64) + b"\x00\x04" + bytes(77),
    "neurons_wrapped": b"\x03\x41\x02\x04" + bytes(64) + b"\x00\x04" + bytes(77),
    "row": b"\x04\x08\x01\x00\xff\xff\x03\x00\x02\x00",
    "value": b"\x05\x03\x00" + bytes(range(80)),
    "deep_value": b"\x05\x40\x01" + bytes(200),
    "escapes": b'\x00{"id":1,"result":"\\u00e9\\n\\"","more":[1e3,-0,true,null]}',
    "http_length": b"\x06\x20HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "http_chunks": b"\x06\x34HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "http_to_the_end": b"\x06\x07HTTP/1.0 404 Not Found\r\n\r\nhello",
    "frames": b"\x07\x04\x01\x03hel\x89\x01p\x80\x02lo\x82\x7e\x00\xc8" + bytes(200),
    "metagraph_of_none": b"\x08\x00",
    "metagraph": b"\x08\x01\x04" + bytes(400),
    "frame_too_long": b"\x07\x02\x81\x7f" + b"\xff" * 8,
}
for name, content in inputs.items():
    (here / name).write_bytes(content)
