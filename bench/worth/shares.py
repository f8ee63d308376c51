# SPDX-License-Identifier: MIT
"""Who has which samples: the partitions of datasets/share.cc, number by number, so that the scripts
here and the C++ neurons learn from the same samples."""

import math

MASK = 2**64 - 1


class SplitMix:
    """datasets/split_mix.h"""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = bits = (self.state + 0x9E3779B97F4A7C15) & MASK
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & MASK
        return bits ^ (bits >> 31)

    def below(self, bound):
        return self.next() % bound

    def uniform(self):
        return ((self.next() >> 11) + 0.5) / 9007199254740992.0


def shuffle(items, random):
    for i in range(len(items), 1, -1):
        other = random.below(i)
        items[i - 1], items[other] = items[other], items[i - 1]


def log_gamma_variate(shape, random):
    d = shape + 1 - 1.0 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        radius = math.sqrt(-2 * math.log(random.uniform()))
        x = radius * math.cos(6.283185307179586 * random.uniform())
        v = (1 + c * x)**3
        u = random.uniform()
        if v > 0 and math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return math.log(d * v) + math.log(random.uniform()) / shape


def dirichlet(alpha, size, random):
    drawn = [log_gamma_variate(alpha, random) for _ in range(size)]
    return [math.exp(entry - max(drawn)) + 1e-12 for entry in drawn]


def partition(labels, of, seed, skew, first):
    """The first `first` samples of each of `of` shares."""
    random = SplitMix(seed)
    order = list(range(len(labels)))
    shuffle(order, random)
    if not skew:
        return [order[i::of][:first] for i in range(of)]
    pools = {label: [] for label in sorted(set(labels))}
    for sample in order:
        pools[labels[sample]].append(sample)
    pools = list(pools.values())
    frequencies = [dirichlet(skew, len(pools), random) for _ in range(of)]
    shares = [[] for _ in range(of)]
    for turn in range(min(len(order), first * of)):
        frequency = frequencies[turn % of]
        left = [f if pool else 0 for f, pool in zip(frequency, pools)]
        at, drawn = random.uniform() * sum(left), 0
        for i, pool in enumerate(pools):
            if at < 0:
                break
            if pool:
                drawn, at = i, at - frequency[i]
        shares[turn % of].append(pools[drawn].pop())
    return shares


def deal(count, of, seed):
    """Which of `of` shares each of `count` items goes to, from 0."""
    random = SplitMix(seed)
    turn, result = list(range(of)), []
    while len(result) < count:
        shuffle(turn, random)
        result += turn
    return result[:count]
