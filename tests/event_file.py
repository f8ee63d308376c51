# SPDX-License-Identifier: MIT
"""Reads TensorBoard's event files without TensorBoard: records, their sums, and what is in them."""

import struct


def crc32c(data):
    """Bit by bit, as the polynomial says: slow, and shares nothing with what it checks."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        size, = struct.unpack("<Q", head)
        body = data[at + 12:at + 12 + size]
        assert struct.unpack("<I", data[at + 8:at + 12])[0] == masked(head), "sum of a length"
        assert struct.unpack("<I", data[at + 12 + size:at + 16 + size])[0] == masked(body), "sum"
        yield body
        at += 16 + size


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Number and value of each field of a protobuf message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = data[at:at + 8], at + 8
        elif key & 7 == 5:
            value, at = data[at:at + 4], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def read(path):
    """The version, and for each tag its values as (step, what, value)."""
    version, tags = None, {}
    for record in records(path.read_bytes()):
        event = dict(fields(record))
        version = event.get(3, version)
        if 5 not in event:
            continue
        for _, value in fields(event[5]):
            parts = dict(fields(value))
            what = {2: "scalar", 4: "image", 5: "histogram", 8: "text"}
            kind = next(number for number in what if number in parts)
            found = parts[kind]
            if kind == 2:
                found, = struct.unpack("<f", found)
            tags.setdefault(parts[1].decode(), []).append((event.get(2, 0), what[kind], found))
    return version, tags
