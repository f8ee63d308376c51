# SPDX-License-Identifier: MIT
"""Photographs and language: how much of what more data would bring a neuron has from others."""

import digits
from neurons import Member
from setting import KNOWN, Task, mean, plain_mean


def cifar_task(setting):
    small = setting.options.quick
    return Task("cifar", steps=60 if small else 250, labels=250, test_images=500 if small else 2000)


def bert_task(setting, **more):
    small = setting.options.quick
    return Task("bert", of=32, model="tiny", rate=0.002, **{
        "steps": 60 if small else 500, "test_images": 100 if small else 1000, **more})


def gap_closed(setting, what):
    """How much of the way from alone to all data: by accuracy, or where accuracy hardly differs (of
    hidden words: 21.6 and 22.0 %) by the loss."""
    by_loss = what.name == "bert"
    loss = {"local": "test_loss", "network": "network_test_loss"}

    def measured(ended, path="local"):  # more is better
        return -mean(ended, loss[path], 1) if by_loss else mean(ended, f"{path}_accuracy")

    def plain(way, seed):
        report = setting.plain(what, way, seed)
        return -plain_mean(report, "loss") if by_loss else plain_mean(report, "accuracy")

    for seed in setting.seeds:
        add = lambda metric, value: setting.results.add(f"{what.name}_{metric}", value)
        alone, union = measured(setting.alone(what, seed)), plain("union", seed)
        add("alone", abs(alone))
        add("union", abs(union))
        if setting.first(seed):
            for way in ("fedavg", "diloco") if by_loss else ("fedavg",):
                add(way, abs(plain(way, seed)))
        ended = setting.network("labels", what, seed, KNOWN)
        for path in ("local", "network"):
            gain = measured(ended, path) - alone
            add(f"{path}_gain", gain)
            add(f"gap_closed_{path}", gain / (union - alone))
        if setting.first(seed):
            add("kilobytes_per_step", digits.bytes_per_step(setting, what, seed, KNOWN) / 1000)


def cifar(setting):
    gap_closed(setting, cifar_task(setting))


def bert(setting):
    gap_closed(setting, bert_task(setting))


def equal_time_cifar(setting):
    digits.equal_time_of(setting, cifar_task(setting))


def equal_time_bert(setting):
    digits.equal_time_of(setting, bert_task(setting))


def newcomer(setting):
    """A neuron that joins two trained ones, and how soon it is as good as it ends alone."""
    what = bert_task(setting, neurons=3)
    for seed in setting.seeds:
        every = ["--save_interval", 2]
        alone = setting.alone(what, seed, members=[Member([*what.share(2, seed), *every])],
                              text="a newcomer alone", snapshots=True)
        members = [Member([*what.share(0, seed), "--min_peers", 0]),
                   Member([*what.share(1, seed), "--min_peers", 1]),
                   Member([*what.share(2, seed), *every, "--min_peers", 2], after=(0, 1))]
        ended = setting.network("a newcomer", what, seed, KNOWN, members=members, snapshots=True)
        by_itself, helped = (setting.curve(what, run[-1]) for run in (alone, ended))
        goal = by_itself[-1][-1]  # the loss that it ends with alone
        reached = [next((seconds for seconds, _, _, loss in curve if loss <= goal), None)
                   for curve in (by_itself, helped)]
        if reached[1] is None:
            reached[1] = 2 * by_itself[-1][0]  # not at all
        setting.results.add("bert_newcomer_time", reached[1] / reached[0])
