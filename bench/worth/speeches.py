# SPDX-License-Identifier: MIT
"""The presidents' speeches and the model of the neuron bert, in PyTorch: words that are hidden, and
which passage follows which.

The layers on the local path, their first parameters, the passages, pairs and masks are made as the
C++ program makes them, with other random numbers."""

import math
import os
import pathlib
import pickle
import re
import unicodedata

import numpy
import torch
from torch import nn
from torch.nn import functional as F

import images
import shares

DIM = 1024
MAX_LENGTH = 128
TITLES = set("Mr Mrs Dr St Hon Messrs Gen Gov Maj Col Lt Capt Sen Rep No".split())
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"small": dict(hidden=256, layers=4, heads=4, inner=512),
         "tiny": dict(hidden=128, layers=2, heads=2, inner=256)}


def split_sentences(text):
    """As datasets/text/speeches.cc: at . ? ! before white space and a capital letter, a digit or a
    quotation mark, but not after an initial or a title."""
    begin, sentences = 0, []
    for match in re.finditer(r"[.?!][\"')]*(?=\s+[A-Z0-9\"'(\u0080-\U0010ffff])", text):
        word = re.search(r"[A-Za-z]*$", text[begin:match.start()]).group()
        if text[match.start()] == "." and (word in TITLES or
                                           len(word) == 1 and word.isupper() and word != "I"):
            continue
        sentences.append(text[begin:match.end()].strip())
        begin = match.end()
    sentences.append(text[begin:].strip())
    return [sentence for sentence in sentences if sentence]


class Tokenizer:
    """WordPiece of bert-base-uncased."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.ids = {token: i for i, token in enumerate(tokens)}
        self.cache = {}
        self.pad, self.unknown, self.cls, self.sep, self.mask = (self.ids[t] for t in SPECIAL)

    def pieces(self, word):
        if word not in self.cache:
            pieces, begin = [], 0
            while begin < len(word):
                for end in range(len(word), begin, -1):
                    piece = ("##" if begin else "") + word[begin:end]
                    if piece in self.ids:
                        break
                else:
                    pieces = [self.unknown]
                    break
                pieces.append(self.ids[piece])
                begin = end
            self.cache[word] = pieces
        return self.cache[word]

    def encode(self, text):
        text = text.lower()
        if not text.isascii():
            text = "".join(c for c in unicodedata.normalize("NFD", text)
                           if unicodedata.category(c) != "Mn")
        words = re.findall(r"[^\W_]+|[^\w\s]|_", text)
        return [piece for word in words for piece in self.pieces(word)]


def load(folder):
    """(president, sentences) of each speech, in the order of the years."""
    return [(path.stem.split("_", 1)[1].rsplit("_", 1)[0],
             split_sentences(path.read_text(encoding="utf-8")))
            for path in sorted(folder.glob("*_*_*.txt"))]


def encoded(folder, vocabulary):
    """Of each speech its president and its sentences as ids, and the tokenizer of the tokens that
    come in them. Half a minute; kept in the cache."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    kept_in = cache / "bittensor" / "bench-worth" / "speeches.pickle"
    if kept_in.exists():
        speeches, tokens = pickle.loads(kept_in.read_bytes())
        return speeches, Tokenizer(tokens)
    whole = Tokenizer(vocabulary.read_text(encoding="utf-8").split("\n")[:-1])
    speeches = [(president, [whole.encode(sentence) for sentence in sentences])
                for president, sentences in load(folder)]
    count = counted((sentences for _, sentences in speeches), len(whole.tokens))
    kept = [i for i, token in enumerate(whole.tokens)
            if count[i] or token in SPECIAL or len(token.removeprefix("##")) == 1]
    number = {old: new for new, old in enumerate(kept)}
    tokens = [whole.tokens[i] for i in kept]
    speeches = [(president, [[number[i] for i in sentence] for sentence in sentences])
                for president, sentences in speeches]
    kept_in.parent.mkdir(parents=True, exist_ok=True)
    kept_in.write_bytes(pickle.dumps((speeches, tokens)))
    return speeches, Tokenizer(tokens)


def counted(documents, vocabulary):
    """How often each token comes in documents of sentences."""
    count = numpy.zeros(vocabulary, int)
    for document in documents:
        count += numpy.bincount([i for sentence in document for i in sentence],
                                minlength=vocabulary)
    return count


def passages_of(sentences, most):
    passages = []
    for sentence in sentences:
        if passages and len(passages[-1]) + len(sentence) <= most:
            passages[-1] = passages[-1] + sentence
        else:
            passages.append(sentence)
    return passages


class Bert(nn.Module):
    """Encoder, student, joint and the heads of synapses/bert, on the local path."""

    def __init__(self, vocabulary, counts, hidden, layers, heads, inner):
        super().__init__()
        self.heads = heads
        self.words = nn.Embedding(vocabulary, hidden, padding_idx=0)
        self.positions = nn.Embedding(MAX_LENGTH, hidden)
        self.types = nn.Embedding(4, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden, heads, inner, dropout=0, activation="gelu",
                                       layer_norm_eps=1e-12, batch_first=True)
            for _ in range(layers))
        self.features = nn.Linear(hidden, DIM)
        self.student = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, DIM))
        self.joint = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, DIM))
        self.back = nn.Linear(DIM, hidden)
        self.pooler = nn.Linear(hidden, hidden)
        self.next = nn.Linear(hidden, 2)
        self.transform = nn.Linear(hidden, hidden)
        self.transform_norm = nn.LayerNorm(hidden, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.begin(counts)

    def begin(self, counts):
        """Known before training (synapses/bert/first_parameters.h): how often each token comes,
        and that the first layer's heads look at the neighbours."""
        hidden, deviation = self.words.weight.shape[1], 0.04
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name.startswith(("student", "joint")) or "norm" in name:
                    continue
                parameter.normal_(0, deviation) if parameter.dim() > 1 else parameter.zero_()
            self.words.weight[0] = 0
            self.features.weight.normal_(0, 0.5 / math.sqrt(hidden))
            self.back.weight.zero_()
            smoothed = torch.as_tensor(counts).float() + 1
            self.bias.copy_((smoothed / smoothed.sum()).log())

            n = hidden // self.heads // 2
            head = 2 * n
            frequencies = (torch.arange(n) + 0.5) * (math.pi / n)
            angles = torch.arange(MAX_LENGTH).unsqueeze(1) * frequencies
            self.positions.weight.zero_()
            self.positions.weight[:, :head] = torch.stack([angles.sin(), angles.cos()], 2).flatten(
                1) * (deviation * math.sqrt(2))
            amplitude = 2 / (2 + head / hidden)
            gain = math.sqrt(6 / (amplitude * n / math.sqrt(head)))
            attention = self.layers[0].self_attn
            query, key, value = attention.in_proj_weight.split(hidden)
            query.zero_()
            key.zero_()
            for h in range(self.heads):
                k = (-1 if h % 2 == 0 else 1) * (h // 2 + 1)
                sine, cosine = (frequencies * k).sin(), (frequencies * k).cos()
                turn = torch.stack([torch.stack([cosine, sine], 1),
                                    torch.stack([-sine, cosine], 1)], 1)  # [n, 2, 2]
                rows = slice(h * hidden // self.heads, h * hidden // self.heads + head)
                query[rows, :head] = torch.block_diag(*turn) * gain
                key[rows, :head] = torch.eye(head) * gain
            value.normal_(0, 1 / math.sqrt(hidden))
            attention.out_proj.weight.normal_(0, 1 / math.sqrt(hidden))

    def forward(self, ids, types, asked):
        """`asked`: the numbers, in the flat batch, of each row's [CLS], then of hidden tokens."""
        hidden = self.words(ids) + self.positions.weight[:ids.shape[1]] + self.types(types)
        hidden = self.norm(hidden)
        padding = ids.eq(0) if ids.eq(0).any() else None
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=padding)
        seen = hidden.flatten(0, 1)[asked]  # [m, hidden]
        context = self.features(seen)
        output = torch.tanh(self.joint(context + self.student(context.detach())) + context)
        seen = seen + self.back(output)
        first, words = seen[:len(ids)], seen[len(ids):]
        transformed = self.transform_norm(F.gelu(self.transform(words)))
        return (F.linear(transformed, self.words.weight, self.bias),
                self.next(torch.tanh(self.pooler(first))))


class Speeches:
    """Shares by president; every tenth speech is held out to test with."""

    batch_size = 16
    learning_rate = 1e-3
    max_gradient_norm = 1
    rate = staticmethod(images.one_cycle_rate)

    def __init__(self, options):
        self.options = options
        speeches, self.tokenizer = encoded(options.data, options.vocab)
        presidents = list(dict.fromkeys(president for president, _ in speeches))
        of = options.of or options.neurons
        number = dict(zip(presidents, shares.deal(len(speeches), of,
                                                  options.share_seed or options.seed)))
        trained = [speech for i, speech in enumerate(speeches) if i % 10 != 4]
        tested = [speech for i, speech in enumerate(speeches) if i % 10 == 4]
        size = len(self.tokenizer.tokens)
        self.counts = [counted((sentences for president, sentences in trained
                                if number[president] == i), size) for i in range(of)]
        most = (MAX_LENGTH - 3) // 2
        self.shares = [[passages_of(sentences, most) for president, sentences in trained
                        if number[president] == i]
                       for i in range(options.neurons)]
        self.begun = 0
        test = [passages_of(sentences, most) for _, sentences in tested]
        pairs = self.pairs(test, numpy.random.RandomState(0))[:options.test_images or 1000]
        random = numpy.random.RandomState(0)
        self.tests = [self.masked(pairs[i:i + 64], random) for i in range(0, len(pairs), 64)]

    def union(self):
        return [document for share in self.shares for document in share]

    def model(self):
        """The bias of the words is what the share says, of all shares where there is one model."""
        counts = self.counts[:self.options.neurons]
        alone = self.options.way == "alone"
        mine = counts[self.begun % len(counts)] if alone else sum(counts)
        self.begun += 1
        return Bert(len(self.tokenizer.tokens), mine, **SIZES[self.options.model])

    def optimizer(self, model):
        matrices = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01},
                                  {"params": others, "weight_decay": 0}], self.learning_rate)

    @staticmethod
    def pairs(documents, random):
        """Of each passage but the last one the next, or another of the same speech; shuffled."""
        pairs = []
        for passages in documents:
            if len(passages) < 3:
                continue
            for first in range(len(passages) - 1):
                second, follows = first + 1, random.randint(2) == 0
                while not follows and second in (first, first + 1):
                    second = random.randint(len(passages))
                pairs.append((passages[first], passages[second], follows))
        random.shuffle(pairs)
        return pairs

    def masked(self, pairs, random):
        """ids, types, asked, hidden words, whether the second follows."""
        rows, words, asked = [], [], []
        token = self.tokenizer
        for first, second, _ in pairs:
            first, second = list(first), list(second)
            while len(first) + len(second) > MAX_LENGTH - 3:
                (first if len(first) > len(second) else second).pop()
            ids = [token.cls, *first, token.sep, *second, token.sep]
            places = [t for t in range(len(ids)) if ids[t] not in (token.cls, token.sep)]
            chosen = random.choice(places, max(1, round(0.15 * len(places))), replace=False)
            labels = {t: ids[t] for t in sorted(chosen)}
            for t in labels:
                fate = random.rand()
                if fate < 0.8:
                    ids[t] = token.mask
                elif fate < 0.9:
                    ids[t] = random.randint(5, len(token.tokens))
            shared = set(ids[1:len(first) + 1]) & set(ids[len(first) + 2:-1]) - {token.mask}
            types = [(t > len(first) + 1) + 2 * (ids[t] in shared) for t in range(len(ids))]
            rows.append((ids, types))
            asked.append(list(labels))
            words += labels.values()
        length = max(len(ids) for ids, _ in rows)
        ids, types = (torch.tensor([row[k] + [0] * (length - len(row[k])) for row in rows])
                      for k in (0, 1))
        places = [i * length for i in range(len(rows))]
        places += [i * length + t for i, some in enumerate(asked) for t in some]
        return (ids, types, torch.tensor(places), torch.tensor(words),
                torch.tensor([0 if follows else 1 for _, _, follows in pairs]))

    def batches(self, share, seed):
        random = numpy.random.RandomState(seed)
        queue = []
        while True:
            while len(queue) < self.batch_size:
                queue += self.pairs(share, random)
            yield self.masked(queue[:self.batch_size], random)
            del queue[:self.batch_size]

    def loss(self, model, batch):
        ids, types, asked, words, follows = batch
        logits, next_logits = model(ids, types, asked)
        return F.cross_entropy(logits, words) + F.cross_entropy(next_logits, follows)

    def test(self, model):
        """Of the hidden words: accuracy in percent, loss in nats."""
        model.eval()
        right = loss = count = 0
        with torch.no_grad():
            for ids, types, asked, words, _ in self.tests:
                logits, _ = model(ids, types, asked)
                loss += F.cross_entropy(logits, words, reduction="sum").item()
                right += (logits.argmax(1) == words).sum().item()
                count += len(words)
        model.train()
        return {"accuracy": 100 * right / count, "loss": loss / count}
