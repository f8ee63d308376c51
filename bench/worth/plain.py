#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What neurons are compared with, in plain PyTorch: each alone on its share, one model on all
shares, FedAvg, DiLoCo.

    plain.py mnist alone|union|fedavg --data DIR [--neurons 4] [--labels 1000] [--alpha 0.3]
    plain.py bert alone|union|fedavg|diloco --data DIR --vocab FILE [--of 16]

Prints one line of JSON: the test's numbers of each model, the curve of their mean over steps and
seconds, seconds and steps/s. Seconds are those of training on one thread, without the tests; where
several models train (alone, fedavg, diloco), of all one after the other."""

import argparse
import copy
import json
import pathlib
import statistics
import time

import torch

import images
import speeches


class Worker:
    """A model that learns from one share."""

    def __init__(self, task, share, seed):
        self.task, self.model = task, task.model()
        self.optimizer = task.optimizer(self.model)
        self.batches = task.batches(share, seed)

    def step(self, progress):
        for group in self.optimizer.param_groups:
            group["lr"] = self.task.learning_rate * self.task.rate(progress)
        loss = self.task.loss(self.model, next(self.batches))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.task.max_gradient_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.task.max_gradient_norm)
        self.optimizer.step()


class Run:
    """Keeps the time and the curve."""

    def __init__(self, task, options):
        self.task, self.options = task, options
        self.seconds, self.curve = 0, []

    def progress(self, step):
        if self.options.seconds:
            return min(1, self.seconds / self.options.seconds)
        return step / self.options.steps

    def on(self, step):
        if self.options.seconds:
            return self.seconds < self.options.seconds
        return step < self.options.steps

    def timed(self, work):
        start = time.perf_counter()
        work()
        self.seconds += time.perf_counter() - start

    def look(self, step, models, last=False):
        every = self.options.every
        if not last and (not every or step % every or not step):
            return None
        tests = [self.task.test(model) for model in models]
        self.curve.append([step, round(self.seconds, 2),
                           *(statistics.mean(test[name] for test in tests)
                             for name in ("accuracy", "loss"))])
        return tests

    def report(self, step, models):
        if self.curve and self.curve[-1][0] == step:
            self.curve.pop()
        tests = self.look(step, models, last=True)
        return {"models": tests, "curve": self.curve, "steps": step,
                "seconds": round(self.seconds, 3), "steps_per_second": step / self.seconds}


def alone(task, options, share_list):
    """With --seconds each model has that time of a core for itself."""
    workers = [Worker(task, share, options.seed + i) for i, share in enumerate(share_list)]
    runs = [Run(task, options) for _ in workers]
    steps = [0] * len(workers)
    whole = Run(task, options)
    while any(run.on(step) for run, step in zip(runs, steps)):
        for i, (worker, run) in enumerate(zip(workers, runs)):
            if run.on(steps[i]):
                run.timed(lambda: worker.step(run.progress(steps[i])))
                steps[i] += 1
        whole.seconds = sum(run.seconds for run in runs)
        whole.look(max(steps), [worker.model for worker in workers])
    return whole.report(max(steps), [worker.model for worker in workers])


def averaged(states):
    """The mean of each parameter; of counters, the first."""
    return {name: sum(state[name] for state in states) / len(states)
            if value.is_floating_point() else value for name, value in states[0].items()}


def fedavg(task, options, outer=None):
    """McMahan et al. 2017, arXiv 1602.05629: every --local_steps the models' parameters are
    averaged; each worker begins with a new optimizer."""
    workers = [Worker(task, share, options.seed + i) for i, share in enumerate(task.shares)]
    whole = task.model()
    run, step = Run(task, options), 0

    def round_of(length):
        for worker in workers:
            worker.model.load_state_dict(whole.state_dict())
            if outer is None:
                worker.optimizer = task.optimizer(worker.model)
            for i in range(length):
                worker.step(run.progress(step + i))
        if outer is None:
            whole.load_state_dict(averaged([worker.model.state_dict() for worker in workers]))
        else:
            outer(whole, [worker.model for worker in workers])

    while run.on(step):
        length = min(options.local_steps, options.steps - step) if not options.seconds else \
            options.local_steps
        run.timed(lambda: round_of(length))
        step += length
        run.look(step, [whole])
    return run.report(step, [whole])


def diloco(task, options):
    """Douillard et al. 2023, arXiv 2311.08105: the workers keep their AdamW, and the mean of what
    they changed is the gradient of an outer Nesterov SGD."""
    state = {}

    def outer(whole, models):
        parameters = list(whole.parameters())
        if not state:
            state["sgd"] = torch.optim.SGD(parameters, lr=options.outer_rate, momentum=0.9,
                                           nesterov=True)
        for i, parameter in enumerate(parameters):
            mean = sum(list(model.parameters())[i].detach() for model in models) / len(models)
            parameter.grad = parameter.detach() - mean
        state["sgd"].step()

    return fedavg(task, options, outer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("task", choices=["mnist", "cifar", "bert"])
    parser.add_argument("way", choices=["alone", "union", "fedavg", "diloco"])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--vocab", type=pathlib.Path, help="vocab.txt of BERT")
    parser.add_argument("--neurons", type=int, default=4)
    parser.add_argument("--labels", type=int, default=1000, help="of each neuron")
    parser.add_argument("--sizes", type=int, nargs="+", help="of each neuron, one by one")
    parser.add_argument("--alpha", type=float, default=0, help="Dirichlet parameter of the skew")
    parser.add_argument("--of", type=int, default=0, help="how many shares there are; 0: --neurons")
    parser.add_argument("--share_seed", type=int, default=0, help="of the shares; 0: --seed")
    parser.add_argument("--model", default="small", help="of bert")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=0, help="in place of --steps")
    parser.add_argument("--local_steps", type=int, default=20)
    parser.add_argument("--outer_rate", type=float, default=0.7, help="of diloco")
    parser.add_argument("--rate", type=float, help="learning rate; else the program's")
    parser.add_argument("--batch", type=int, help="batch size; else the program's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test_images", type=int, default=0, help="test on so many only")
    parser.add_argument("--every", type=int, default=0, help="steps between points of the curve")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    task = {"mnist": images.Mnist, "cifar": images.Cifar,
            "bert": speeches.Speeches}[options.task](options)
    if options.rate:
        task.learning_rate = options.rate
    if options.batch:
        task.batch_size = options.batch
    if options.way == "alone":
        report = alone(task, options, task.shares)
    elif options.way == "union":
        report = alone(task, options, [task.union()])
    elif options.way == "fedavg":
        report = fedavg(task, options)
    else:
        report = diloco(task, options)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
