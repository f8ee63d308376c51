# SPDX-License-Identifier: MIT
"""MNIST: what is worth how much, level by level, and who disturbs it."""

import statistics
import time

import numpy

from neurons import Member
from setting import KNOWN, NEVER, Task, mean, numbers, plain_mean

EARNED = ["--give", "labels", "--learn_from", "earned"]
LEVELS = {"answers": ["--give", "answers", "--learn_from", "off"],
          "gradients": ["--give", "gradients", "--learn_from", "known"],
          "labels": KNOWN,
          "gradients_earned": ["--give", "gradients", "--learn_from", "earned"],
          "labels_earned": EARNED}
SIZES = [100, 300, 1000, 3000, 10000]  # labels of peers of graded worth


def task(setting, alpha=0, **more):
    steps = 150 if setting.options.quick else 600
    return Task("mnist", **{"steps": steps, "labels": 1000, "alpha": alpha, **more})


def levels(setting, alpha, name):
    what = task(setting, alpha)
    wanted = list(LEVELS)
    if setting.options.quick:
        wanted = ["answers", "labels"]
    elif alpha:
        wanted.remove("gradients_earned")
    for seed in setting.seeds:
        alone = mean(setting.alone(what, seed), "local_accuracy")
        union = plain_mean(setting.plain(what, "union", seed))
        fedavg = plain_mean(setting.plain(what, "fedavg", seed))
        add = lambda metric, value: setting.results.add(f"mnist_{name}{metric}", value)
        add("alone", alone)
        if setting.first(seed) and not setting.options.quick:
            add("alone_pytorch", plain_mean(setting.plain(what, "alone", seed)))
        add("union", union)
        add("fedavg", fedavg)
        for level in wanted:
            ended = setting.network(level, what, seed, LEVELS[level])
            local, network = (mean(ended, f"{path}_accuracy") for path in ("local", "network"))
            prefix = "" if level == "labels" else f"{level}_"
            add(f"{prefix}local_gain", local - alone)
            add(f"{prefix}network_gain", network - alone)
            if setting.first(seed) and not setting.options.quick:
                add(f"{prefix}kilobytes_per_step",
                    bytes_per_step(setting, what, seed, LEVELS[level]) / 1000)
            add(f"{prefix}samples_per_second", mean(ended, "images_per_second", 1))
            if level == "labels":
                add("local_vs_fedavg", local - fedavg)
                add("network_vs_union", network - union)
            if level == "answers":
                strangers = "strangers_skew" if alpha else "strangers"
                setting.results.add(f"mnist_{strangers}_network_gain", network - alone)


def even(setting):
    levels(setting, 0, "")


def skew(setting):
    levels(setting, 0.3, "skew_")


def mixed(setting):
    """Four models of different shapes, against themselves alone."""
    what = task(setting)
    for seed in setting.seeds:
        def members():
            return [Member(what.share(i, seed, model))
                    for i, model in enumerate(["wide", "narrow", "deep", "conv"])]
        alone = numbers(setting.alone(what, seed, members=members(), text="four models alone"),
                        "local_accuracy")
        ended = setting.network("four models", what, seed, KNOWN, members=members())
        gains = [a - b for a, b in zip(numbers(ended, "local_accuracy"), alone)]
        setting.results.add("mnist_mixed_models_gain", min(gains))
        setting.results.add("mnist_mixed_models_mean_gain", statistics.mean(gains))


def poisoner(setting):
    """Three honest neurons by themselves, and with a fourth that lies."""
    what = task(setting)
    for seed in setting.seeds:
        for name, learn in (("", EARNED), ("known_", KNOWN)):
            honest = [Member(what.share(i, seed)) for i in range(3)]
            before = setting.network(f"three honest {name}", what, seed, learn, members=honest)
            liar = Member([*what.share(3, seed), "--poison"])
            after = setting.network(f"and a liar {name}", what, seed, learn,
                                    members=[*honest, liar])[:3]
            for path in ("local", "network"):
                lost = mean(before, f"{path}_accuracy") - mean(after, f"{path}_accuracy")
                suffix = "" if path == "local" else "_network"
                setting.results.add(f"{name}poisoner_loss{suffix}", lost)
            if setting.options.quick or not setting.first(seed):
                break


def straggler(setting):
    """The three fast neurons with and without a fourth that is four times slower. All rest as long
    as they work, so that there are cores for all and only waiting would show."""
    what = task(setting, steps=100 if setting.options.quick else 300)
    for seed in setting.seeds:
        fast = [Member([*what.share(i, seed), "--slow", 2]) for i in range(3)]
        slow = Member([*what.share(3, seed), "--slow", 8])
        without = setting.network("three fast", what, seed, KNOWN, members=fast)
        beside = setting.network("and one slow", what, seed, KNOWN, members=[*fast, slow],
                                 wanted=range(3))[:3]
        setting.results.add("straggler_speed", mean(beside, "images_per_second", 1) /
                            mean(without, "images_per_second", 1))


class Leaver:
    """Takes the last neuron away in the middle of the run, for `seconds`."""

    def __init__(self, after, seconds):
        self.after, self.seconds, self.gone, self.back = after, seconds, None, False

    def __call__(self, neurons, _):
        last = neurons[-1]
        steps = sum(event["event"] == "step" for _, event in last.events)
        if self.gone is None and steps >= self.after and last.report is None:
            last.stop(9)
            self.gone = time.time()
        elif self.gone and not self.back and time.time() > self.gone + self.seconds:
            last.start(neurons[0].metagraph, [neuron.key for neuron in neurons[:-1]])
            self.back = True


def leaver(setting):
    what = task(setting)
    for seed in setting.seeds:
        every = ["--log_interval", what.steps // 20, "--save_interval", 1]
        whole = setting.network("all stay", what, seed, [*KNOWN, *every])
        leaves = Leaver(after=6, seconds=5)  # of 20 events
        ended = setting.network("one leaves and comes back", what, seed, [*KNOWN, *every],
                                during=leaves)
        if not leaves.back:
            raise RuntimeError("nobody left: the run was too short")
        setting.results.add("leaver_loss", mean(whole[:3], "local_accuracy") -
                            mean(ended[:3], "local_accuracy"))
        setting.results.add("leaver_own_loss", mean(whole[3:], "local_accuracy") -
                            mean(ended[3:], "local_accuracy"))
        setting.results.add("leaver_speed", mean(ended[:3], "images_per_second", 1) /
                            mean(whole[:3], "images_per_second", 1))


def twelve(setting):
    """A crowd that has only begun: the network against each neuron's own."""
    for seed in setting.seeds:
        least = []
        for steps in (50, 100) if setting.options.quick else (50, 100, 200):
            what = task(setting, neurons=12, steps=steps)
            ended = setting.network(f"twelve, {steps} steps", what, seed, KNOWN)
            gaps = [100 * (neuron.report["network_accuracy"] - neuron.report["local_accuracy"])
                    for neuron in ended]
            least += gaps
            setting.results.add(f"network_minus_local_{steps}", statistics.mean(gaps))
            failed = sum(neuron.report["answers_failed"] for neuron in ended)
            setting.results.add(f"twelve_failed_answers_{steps}", failed)
        setting.results.add("network_never_worse", min(least))


def equal_time(setting):
    equal_time_of(setting, task(setting))


def equal_time_of(setting, what):
    """Alone, the neurons go on until the seconds are over that they took together."""
    for seed in setting.seeds:
        together = setting.network("labels", what, seed, KNOWN)
        alone = setting.alone(what, seed)
        steps = round(what.steps * mean(alone, "images_per_second", 1) /
                      mean(together, "images_per_second", 1))
        longer = setting.alone(what, seed, steps=steps, text="alone for the same time")
        for path, suffix in (("local", ""), ("network", "_network")):
            gain = mean(together, f"{path}_accuracy") - mean(longer, "local_accuracy")
            setting.results.add(f"equal_time_gain_{what.name}{suffix}", gain)
        setting.results.add(f"speed_kept_{what.name}", what.steps / steps)


def speed(setting):
    """Two neurons on two cores that ask in each fourth step, over two alone."""
    what = task(setting, neurons=2, steps=150 if setting.options.quick else 400)
    for seed in setting.seeds:
        alone = setting.alone(what, seed, text="two alone")
        for interval in (1, 4):
            ended = setting.network(f"two, asking each {interval}", what, seed,
                                    [*KNOWN, "--ask_interval", interval])
            setting.results.add(f"speed_kept_interval{interval}",
                                mean(ended, "images_per_second", 1) /
                                mean(alone, "images_per_second", 1))


def bytes_per_step(setting, what, seed, arguments):
    """That one neuron sends while it trains: of short runs with next to no test, which asks too."""
    ended = [setting.network("bytes of " + " ".join(map(str, arguments)), what, seed,
                             [*arguments, "--test_images", 64], steps=steps)
             for steps in (30, 90)]
    short, long = (mean(run, "bytes_sent", 1) for run in ended)
    return (long - short) / 60


def traffic(setting):
    """How much of the gain is left with an eighth of the bytes."""
    what = task(setting)
    for seed in setting.seeds:
        alone = mean(setting.alone(what, seed), "local_accuracy")

        def gain(way):
            return mean(setting.network(" ".join(map(str, way)), what, seed, [*KNOWN, *way]),
                        "local_accuracy") - alone

        plain = ["--compression", "none", "--ask_interval", 1]
        plain_bytes = bytes_per_step(setting, what, seed, [*KNOWN, *plain])
        interval, sent = 1, plain_bytes
        while sent > plain_bytes / 8:
            interval += 1
            way = ["--compression", "int8", "--ask_interval", interval]
            sent = bytes_per_step(setting, what, seed, [*KNOWN, *way])
        left = gain(way) / gain(plain)
        setting.results.add("gain_at_eighth_of_bytes", left)
        setting.results.add("eighth_of_bytes_interval", interval)
        setting.results.add("eighth_of_bytes_part", sent / plain_bytes)


def ranks(values):
    return numpy.argsort(numpy.argsort(values))


def ranking(setting):
    """Peers that learnt from 100 to 10,000 labels; what a neuron that asks them all thinks of each,
    against what leaving it out costs the mean of all predictions."""
    for seed in setting.seeds:
        what = task(setting, neurons=6, labels=None)
        members = [Member([*what.share(i, seed), "--labels", size, "--ask_interval", NEVER,
                           "--min_peers", 0]) for i, size in enumerate(SIZES)]
        members.append(Member([*what.share(5, seed), "--labels", 1000],
                              after=tuple(range(len(SIZES)))))
        ended = setting.network("five peers of graded worth", what, seed, LEVELS["answers"],
                                members=members, snapshots=True)
        weights = [ended[-1].report["weights"].get(peer.key[:8], 0) for peer in ended[:-1]]
        files = [ended[-1].best, *[peer.best for peer in ended[:-1]]]
        whole, *without = setting.tested(what, files, "--joined")
        costs = [loss - whole for loss in without]
        for name, truth in (("", costs), ("_labels", SIZES)):
            setting.results.add(f"rank_correlation{name}",
                                numpy.corrcoef(ranks(weights), ranks(truth))[0, 1])
