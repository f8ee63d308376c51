#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds our BERT tokenizer against Hugging Face's Rust library: ids, offsets and decoded texts.

    pip install tokenizers          # in a virtual environment, whose python then runs this
    tools/compare_tokenizer.py build/release/text/bert_tokenize [--strings N] [--seed N]
                               [--texts FOLDER] [--golden FILE] [--time FILE]

Every rule of BERT's normalizer has a tokenizer of its own here, each with a vocabulary of the characters
that the texts have, so that each character's offsets are seen, and with added tokens of every kind.
The texts: random strings over all of Unicode, pairs of them, and the lines of FOLDER's files. With
--golden a few hundred of them are written to FILE with what the library made of them; with --time
the lines of FILE are encoded one by one by both, on one thread.

One thing differs between releases of the library: an added token that was found in the normalized text
decodes as it was added, as here, or (since 0.22 or so) as it was normalized. Such texts are decoded by
nobody."""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOCABULARY = ROOT / "tests" / "data" / "bert" / "vocab.txt"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# Where the characters of random strings come from, the interesting ones more often.
RANGES = [
    (0x0, 0x7F), (0x0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x1FFF),
    (0x2000, 0x2FFF), (0x3000, 0x30FF), (0x1B00, 0x1BFF), (0x302A, 0x302F), (0x4E00, 0x9FFF),
    (0xA000, 0xABFF), (0xAC00, 0xD7A3), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x1D150, 0x1D1FF),
    (0x20000, 0x2FFFF), (0x2F800, 0x2FA1F), (0x0, 0x10FFFF)]

RULES = {
    "uncased": {},
    "cased": {"lowercase": False},
    "accents": {"strip_accents": False},
    "cased, no accents": {"lowercase": False, "strip_accents": True},
    "no ideographs": {"handle_chinese_chars": False},
    "no cleaning": {"clean_text": False},
}

# Beside the special tokens.
ADDED = [
    AddedToken("new word", normalized=True), AddedToken("\u00c9t\u00e9", normalized=True),
    AddedToken("Caf\u00e9", normalized=False), AddedToken("<one>", single_word=True),
    AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True),
    AddedToken("<both>", lstrip=True, rstrip=True, normalized=True), AddedToken("alone", single_word=True),
    AddedToken("##x", normalized=False), AddedToken("<one><two>", special=True)]


def random_character(chance):
    first, last = chance.choice(RANGES)
    character = chance.randint(first, last)
    return " " if 0xD800 <= character <= 0xDFFF else chr(character)


def random_text(chance, pieces):
    parts = []
    plain = chance.random() < 0.3
    for _ in range(chance.randrange(24)):
        kind = chance.random()
        if plain and kind < 0.6:
            piece = chance.choice(pieces)
            parts.append(piece[2:] if piece.startswith("##") else piece)
            parts.append(" " * (kind < 0.3))
        elif kind < 0.05:
            parts.append(chance.choice(SPECIAL))
        elif kind < 0.1:
            content = chance.choice(ADDED).content
            parts.append(content if kind < 0.08 else content.upper())
        elif kind < 0.11:
            parts.append("a" * chance.randint(95, 105))
        else:
            parts.append(random_character(chance))
    return "".join(parts)


def make_tokenizer(vocabulary, rules, with_added):
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**rules)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")])
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(SPECIAL)
    if with_added:
        tokenizer.add_tokens(ADDED)
    return tokenizer


def characters_of(texts, rules, chance, most):
    """A vocabulary of most characters that `texts` are normalized to."""
    normalizer = normalizers.BertNormalizer(**rules)
    seen = sorted({c for text in texts for c in normalizer.normalize_str(text) if not c.isspace()})
    kept = [c for c in seen if chance.random() < 0.9][:most]
    return {token: i for i, token in enumerate(SPECIAL + kept + ["##" + c for c in kept])}


def hexadecimal(text):
    if isinstance(text, tuple):
        return "\t".join(part.encode().hex() for part in text)
    return text.encode().hex()


def byte_offsets(text, encoding):
    """The library counts characters, we count bytes."""
    parts = text if isinstance(text, tuple) else (text,)
    starts = []
    for part in parts:
        starts.append([0])
        for character in part:
            starts[-1].append(starts[-1][-1] + len(character.encode()))
    return [[starts[kind or 0][begin], starts[kind or 0][end]]
            for (begin, end), kind in zip(encoding.offsets, encoding.sequence_ids)]


def expected(tokenizer, text):
    encoding = tokenizer.encode(*text) if isinstance(text, tuple) else tokenizer.encode(text)
    return [encoding.ids, byte_offsets(text, encoding),
            tokenizer.decode(encoding.ids, skip_special_tokens=False),
            tokenizer.decode(encoding.ids, skip_special_tokens=True)]


def decodes_by_release(tokenizer):
    """Ids of added tokens whose normal form is not themselves."""
    return {id for id, token in tokenizer.get_added_tokens_decoder().items()
            if token.normalized and tokenizer.normalizer.normalize_str(token.content) != token.content}


def compare(program, name, tokenizer, texts):
    unclear = decodes_by_release(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        tokenizer.save(str(path))
        ours = subprocess.run([program, path], check=True, stdout=subprocess.PIPE,
                              input="\n".join(map(hexadecimal, texts)).encode() + b"\n").stdout
    lines = ours.split(b"\n")
    tokens = 0
    for i, text in enumerate(texts):
        wanted = expected(tokenizer, text)
        tokens += len(wanted[0])
        got = json.loads(lines[i])
        if unclear & set(wanted[0]):
            got, wanted = got[:2], wanted[:2]
        for what, a, b in zip(("ids", "offsets", "decoded", "decoded, no special"), got, wanted):
            if a != b:
                sys.exit(f"{name}: {what} differ for {text!r}\n  ours    {a}\n  library {b}\n"
                         f"  tokens  {[tokenizer.id_to_token(id) for id in wanted[0]]}")
    print(f"{name}: {len(texts)} texts, {tokens} tokens agree", flush=True)


def timed(program, path):
    vocabulary = {token: i for i, token in enumerate(VOCABULARY.read_text().split("\n")[:-1])}
    tokenizer = make_tokenizer(vocabulary, {}, with_added=False)
    lines = path.read_text().split("\n")
    start = time.perf_counter()
    tokens = 0
    for line in lines:
        encoding = tokenizer.encode(line)
        tokens += len(encoding.ids)
        encoding.offsets
    seconds = time.perf_counter() - start
    with open(path, "rb") as file:
        ours = json.loads(subprocess.run([program, VOCABULARY, "--time"], stdin=file, check=True,
                                         stdout=subprocess.PIPE).stdout)
    assert ours["tokens"] in (tokens, tokens - 2), (ours, tokens)  # an empty last line
    print(json.dumps({"tokens": tokens, "ours_seconds": ours["seconds"],
                      "reference_seconds": seconds, "ratio": seconds / ours["seconds"]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=pathlib.Path)
    parser.add_argument("--golden", type=pathlib.Path)
    parser.add_argument("--time", type=pathlib.Path)
    options = parser.parse_args()
    if options.time:
        return timed(options.program, options.time)
    print(f"tokenizers {tokenizers.__version__}, seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    whole = {token: i for i, token in enumerate(VOCABULARY.read_text().split("\n")[:-1])}
    pieces = list(whole)
    golden = []
    each = 60 if options.golden else options.strings // len(RULES) + 1
    for name, rules in RULES.items():
        texts = [random_text(chance, pieces) for _ in range(each)]
        vocabulary = characters_of(texts, rules, chance, 200 if options.golden else 1 << 20)
        texts += list(zip(texts[::10], texts[1::10]))
        tokenizer = make_tokenizer(vocabulary, rules, with_added=True)
        if options.golden:
            golden.append({"name": name, "tokenizer": json.loads(tokenizer.to_str()),
                           "texts": [[hexadecimal(text), *expected(tokenizer, text)] for text in texts
                                     if not decodes_by_release(tokenizer) &
                                     set(tokenizer.encode(*text).ids if isinstance(text, tuple)
                                         else tokenizer.encode(text).ids)]})
            continue
        compare(options.program, f"{name}, characters", tokenizer, texts)
        # And as BERTs are: with long pieces, and nothing to look for in the normalized text.
        compare(options.program, f"{name}, words", make_tokenizer(whole, rules, with_added=False), texts)
    if options.golden:
        options.golden.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
    if options.texts:
        lines = [line for path in sorted(options.texts.rglob("*.txt"))
                 for line in path.read_text(errors="replace").split("\n")]
        for name, rules in RULES.items():
            compare(options.program, f"{name}, {len(lines)} lines of {options.texts.name}",
                    make_tokenizer(whole, rules, with_added=False), lines)


if __name__ == "__main__":
    sys.exit(main())
