#!/usr/bin/env python3
"""Makes fuzz/corpus: what is right, and what is wrong in ways that parsers get wrong. Run it at
the root of the repository.

network/certificate_* (DER) are not made here: "bound" is what a neuron with --tls showed to
`openssl s_client`, "plain" of `openssl req -new -x509`."""

import json
import pathlib
import struct

ROOT = pathlib.Path("fuzz/corpus")


def write(target, name, kind, content):
    folder = ROOT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(bytes([kind]) + content)


def varint(number):
    number &= (1 << 64) - 1
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A protobuf field: bytes, or an int as a varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(shape, data, dtype=1, compression=0):
    return (field(1, dtype) + field(2, b"".join(map(varint, shape))) + field(3, data) +
            (field(4, compression) if compression else b""))


ROWS = struct.pack("<16f", *range(16))
GOOD = tensor([2, 8], ROWS)
INT8_ROWS = struct.pack("<4f", 0.5, -1, 0.25, 2) + bytes(range(16))
INT8_NAN = struct.pack("<4f", float("nan"), -1, float("inf"), 2) + bytes(range(16))
WRONG_TENSORS = {
    "good": GOOD,
    "empty": b"",
    "no_rows": tensor([0, 8], b""),
    "negative": tensor([-2, 8], ROWS),
    "overflow": tensor([1 << 62, 8], ROWS),
    "product_overflows": tensor([1 << 32, 1 << 32], ROWS),
    "short": tensor([2, 8], ROWS[:-1]),
    "long": tensor([2, 8], ROWS + b"\0"),
    "nan": tensor([2, 8], struct.pack("<16f", *[float("nan")] * 16)),
    "half": tensor([2, 8], ROWS[:32], dtype=2),
    "double": tensor([2, 8], ROWS * 2, dtype=4),
    "unknown_type": tensor([2, 8], ROWS, dtype=77),
    "many_dimensions": tensor([1] * 64 + [16], ROWS),
    "scalar": tensor([], ROWS[:4]),
    "cut": GOOD[:-3],
    "twice": GOOD + GOOD,
    "float16": tensor([2, 8], ROWS[:32], compression=1),
    "float16_short": tensor([2, 8], ROWS[:31], compression=1),
    "bfloat16": tensor([2, 8], ROWS[:32], compression=2),
    "int8": tensor([2, 8], INT8_ROWS, compression=3),
    "int8_nan": tensor([2, 8], INT8_NAN, compression=3),
    "int8_no_rows": tensor([2, 8], bytes(16), compression=3),
    "int8_uneven_rows": tensor([2, 8], bytes(16 + 3 * 8), compression=3),
    "int8_of_doubles": tensor([2, 8], INT8_ROWS, dtype=4, compression=3),
    "unknown_compression": tensor([2, 8], ROWS, compression=9),
    "shape_not_packed": field(1, 1) + field(2, 2) + field(2, 8) + field(3, ROWS),
}
for name, bytes_of in WRONG_TENSORS.items():
    write("network", "tensor_" + name, 5, bytes_of)
    write("network", "forward_" + name, 0, field(1, 3) + field(3, 7) + field(4, bytes_of))
    write("network", "backward_" + name, 1,
          field(1, 3) + field(2, 9) + field(3, bytes_of) + field(4, GOOD))
    write("network", "forward_reply_" + name, 2, field(1, bytes_of))
    write("network", "backward_reply_" + name, 3, field(1, bytes_of))
write("network", "forward_text", 0, field(1, 1) + field(2, b"hello") * 3)
write("network", "forward_many_texts", 0, field(1, 1) + field(2, b"") * 5000)
write("network", "forward_not_utf8", 0, field(1, 1) + field(2, b"\xff\xfe"))
write("network", "forward_groups", 0, b"\x0b" * 200)
write("network", "backward_nothing", 1, b"")

ENVELOPE = (field(1, b"s" * 32) + field(2, b"r" * 32) + field(3, b"n" * 16) + field(4, 1) +
            field(5, b"x" * 64))
write("network", "envelope_of_nobody", 4, ENVELOPE)
HEAD = ENVELOPE[:-66]
write("network", "envelope_mac_of_nobody", 4, HEAD + field(6, b"m" * 16))
write("network", "envelope_mac_short", 4, HEAD + field(6, b"m" * 15))
write("network", "envelope_two_proofs", 4, ENVELOPE + field(6, b"m" * 16))
write("network", "envelope_no_proof", 4, HEAD)
write("network", "envelope_short_key", 4, field(1, b"s" * 31) + ENVELOPE[34:])
write("network", "envelope_unknown_field", 4, ENVELOPE + field(15, b"x"))
write("network", "envelope_empty", 4, b"")
write("network", "envelope_rubbish", 4, b"\xff" * 40)


def index(**changes):
    entry = {"dtype": "Float", "shape": [2, 3], "offset": 0}
    base = {"kind": "mnist", "epoch": 1, "step": 2, "best_test_loss": 0.5, "config": {"a": "b"},
            "optimizer_kind": "SGD",
            "tensors": {"synapse": {"w": entry}, "router": {}, "optimizer": {}, "neuron": {}}}
    return {**base, **changes}


def with_entry(**changes):
    entry = {"dtype": "Float", "shape": [2, 3], "offset": 0, **changes}
    return index(tensors={"synapse": {"w": entry}, "router": {}, "optimizer": {}})


for name, content in {
        "good": index(),
        "no_loss": index(best_test_loss=None),
        "step_is_text": index(step="2"),
        "no_tensors": index(tensors={}),
        "config_of_numbers": index(config={"a": 1}),
        "outside": with_entry(offset=1 << 40),
        "negative_offset": with_entry(offset=-1),
        "huge_shape": with_entry(shape=[1 << 63, 2]),
        "shape_overflows": with_entry(shape=[1 << 32, 1 << 32, 1 << 32]),
        "negative_shape": with_entry(shape=[-1]),
        "no_elements": with_entry(shape=[0, 1 << 62]),
        "unknown_type": with_entry(dtype="Complex"),
        "bool": with_entry(dtype="Bool", shape=[64]),
        "many_dimensions": with_entry(shape=[1] * 100)}.items():
    write("files", "index_" + name, 0, json.dumps(content).encode())
write("files", "index_deep", 0, b"[" * 5000)
write("files", "index_not_json", 0, b"{\"kind\": ")
write("files", "checkpoint_rubbish", 1, b"PK\x03\x04" + b"rubbish" * 50)
write("files", "checkpoint_only_comment", 1,
      b"bittensor-checkpoint-v1 index=0000000000000000+ffffffffffffffff blake2b=" + b"0" * 128)

for name, content in {
        "good": b"\0\0\x08\x01\0\0\0\x03abc",
        "cut": b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02",
        "overflow": b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3,
        "no_elements": b"\0\0\x08\x02\0\0\0\0\xff\xff\xff\xff",
        "floats": b"\0\0\x0d\x01\0\0\0\x01abcd",
        "compressed": b"\x1f\x8b\x08\0\0\0\0\0",
        "too_long": b"\0\0\x08\x01\0\0\0\x03abcd"}.items():
    write("files", "idx_" + name, 2, content)

PLAIN = "bittensor-key-v1 ed25519 " + "0" * 64 + " " + "1" * 64 + "\n"
BOX = f"{'0' * 32} {'0' * 48} {'0' * 96} {'1' * 64}\n"
for name, content in {
        "plain": PLAIN, "encrypted": "bittensor-key-v1 ed25519-encrypted 1 8 " + BOX,
        "much_memory": "bittensor-key-v1 ed25519-encrypted 1 999999999999 " + BOX,
        "cut": PLAIN[:50], "rubbish": "\xff" * 40}.items():
    write("files", "key_" + name, 3, content.encode("latin-1"))

for name, content in {
        "good": "epochs = 3\nbootstrap = [\"a:1\", \"b:2\"]\nstay = true\n",
        "unknown": "epoch = 3\n", "section": "[Network]\naxon_port = 1\n",
        "open_quote": "data = \"x\n", "open_list": "bootstrap = [1, 2\n", "no_value": "epochs =\n",
        "deep": "[" * 500, "nul": "epochs = \0\n", "range": "axon_port = 99999999999999999999\n",
        "config": "config = \"/etc/passwd\"\n",
        "list_does_not_end": "axon_max_queue=[1", "empty_list": "axon_max_queue = []\n"}.items():
    write("files", "config_" + name, 4, content.encode())

for name, content in {"good": "192.0.2.1:1\n[2001:db8::1]:2\na.example.org:3\n",
                      "port": "a:99999\n", "rubbish": "\x01\x02\n",
                      "many": "a:1\n" * 300}.items():
    write("files", "addresses_" + name, 5, content.encode())

# Tokenizers: a small one that is right, and each of its parts wrong.
SPECIAL = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
SEPARATOR = {"SpecialToken": {"id": "[SEP]", "type_id": 0}}
FIRST = {"Sequence": {"id": "A", "type_id": 0}}
TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [{"id": 4, "content": "[MASK]", "single_word": False, "lstrip": True,
                      "rstrip": False, "normalized": False, "special": True},
                     {"id": 12, "content": "New W\u00f6rd", "single_word": True, "lstrip": False,
                      "rstrip": True, "normalized": True, "special": False}],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                   "strip_accents": None, "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing", "single": [SPECIAL, FIRST, SEPARATOR],
        "pair": [SPECIAL, FIRST, SEPARATOR, {"Sequence": {"id": "B", "type_id": 1}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
        "special_tokens": {}},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {token: i for i, token in enumerate(
                  ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "e", "caf", "##e",
                   "\u4e2d", ","])}}}


def tokenizer(part, **changes):
    return {**TOKENIZER, part: {**TOKENIZER[part], **changes}}


def with_vocabulary(**tokens):
    return tokenizer("model", vocab={**TOKENIZER["model"]["vocab"], **tokens})


for name, content in {
        "good": TOKENIZER,
        "other_model": tokenizer("model", type="BPE", merges=[["a", "b"]] * 100),
        "other_normalizer": tokenizer("normalizer", type="Sequence"),
        "not_clean": tokenizer("normalizer", clean_text=False, strip_accents=False),
        "other_template": tokenizer("post_processor", single=[FIRST]),
        "bert_processing": {**TOKENIZER, "post_processor": {
            "type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]}},
        "long_word": tokenizer("model", max_input_chars_per_word=0),
        "negative_id": with_vocabulary(b=-1), "huge_id": with_vocabulary(b=1 << 62),
        "far_id": with_vocabulary(b=900), "same_id": with_vocabulary(b=5),
        "id_of_text": with_vocabulary(b="5"), "id_of_list": with_vocabulary(b=[1]),
        "no_vocabulary": tokenizer("model", vocab=[["a", 0.5]]),
        "added_not_list": {**TOKENIZER, "added_tokens": {"a": 1}},
        "added_empty": {**TOKENIZER, "added_tokens": [{"id": 1, "content": ""}]},
        "added_other_id": {**TOKENIZER, "added_tokens": [{"id": 77, "content": "a"}]},
        "parts_are_text": {key: "x" for key in TOKENIZER}}.items():
    write("tokenizer_files", "json_" + name, 0, json.dumps(content).encode())
write("tokenizer_files", "json_deep", 0, b"[" * 5000)
write("tokenizer_files", "json_twice", 0, json.dumps(TOKENIZER).encode().replace(
    b'"model":', b'"model": {"vocab": {"b": 3}}, "model":'))
write("tokenizer_files", "json_cut", 0, json.dumps(TOKENIZER).encode()[:-30])
VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n"
for name, content in {"good": VOCABULARY.encode(), "twice": (VOCABULARY + "a\n\n\n").encode(),
                      "not_utf8": VOCABULARY.encode() + b"\xff\n", "empty": b"",
                      "returns": VOCABULARY.replace("\n", "\r\n").encode()}.items():
    write("tokenizer_files", "vocabulary_" + name, 1, content)
for name, content in {
        "good": {"do_lower_case": False, "strip_accents": None, "cls_token": {"content": "<s>"},
                 "model_max_length": 10 ** 30, "tokenizer_class": "BertTokenizer"},
        "wrong_types": {"do_lower_case": "yes"}, "list": [1],
        "other_class": {"tokenizer_class": "RobertaTokenizer"}}.items():
    write("tokenizer_files", "config_" + name, 2, json.dumps(content).encode())
write("tokenizer_files", "package", 3, json.dumps(["[PAD]", "\u2581", "\u2581a", "b"]).encode())
