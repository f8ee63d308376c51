#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where the time of a training step goes: two neurons learn MNIST, and perf looks at one of them.

Milliseconds a step, by thread and by what the thread does. Needs perf (Debian: linux-perf), as root.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import rounds

RATE = 299  # samples a second of computing

# What the functions on the stack say about a sample; the first that is found counts.
TRAINING = [
    ("batches", r"Batches::|::batch\("),  # from memory
    ("requests_written_and_proved", r"append_tensor_field|seal_request"),
    ("requests_sent", r"PeerCalls::|GrpcTransport::"),
    ("router", r"Router::|Gate::|KeyTable|WeightAverage|contributions|bittensor::(join|split)"),
    ("model_backward", r"Tensor::_backward"),
    ("model_optimizer", r"Sgd::"),
    ("model_forward", r"ImageClassifier|MnistSynapse"),
    ("model_copied", r"Axon::serve|Training::"),  # for others, and to files
    ("answers_and_peers", r"Dendrite::|Pending|FanOut|Metagraph"),
    ("rest", r"run_image_neuron"),
    ("unknown", ""),  # perf found no caller; arithmetic
]
OTHERS = [
    ("serving_model", r"ServedSynapse::"),
    ("serving_proof", r"seal_reply|open_request"),
    ("serving_read_and_written", r"append_tensor_field|decode_tensor|parse_with_tensors"),
    ("serving_rest", r"Worker::|Axon::|RawService"),
    ("answers_proof", r"open_reply"),
    ("answers_read", r"PeerCalls::"),
    ("gossip", r"Metagraph|Gossip|RecordStore"),
    ("grpc", r"EventLoop::run|libgrpc"),
    ("unknown", ""),
]


def start(folder, data, seed, *arguments):
    (folder / str(seed)).mkdir()
    return subprocess.Popen(
        rounds.neuron(folder / str(seed), "--data", data, "--threads", 1, "--seed", seed, "--epochs",
                      100, "--progress", "json", "--log_interval", 1, "--log_level", "error", *arguments),
        stdout=subprocess.PIPE, text=True)


def event(neuron, name):
    while (found := json.loads(neuron.stdout.readline()))["event"] != name:
        pass
    return found


def samples_of(data):
    """What perf recorded: (thread, its functions) each."""
    text = subprocess.run(["perf", "script", "-i", data, "-F", "tid,ip,sym,dso", "--no-inline"],
                          check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    samples = [sample.split("\n", 1) for sample in text.strip().split("\n\n")]
    return [(int(head), stack) for head, stack in samples]


def part_of(stack, parts):
    return next(name for name, functions in parts if re.search(functions, stack))


def steps_in(log):
    return log.read_text().count('"event":"step"')


def watch(pid, seconds, folder):
    """Runs perf; what passed meanwhile: {"steps", and seconds "wall", "computed", "queued"}."""
    def now():
        numbers = pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
        return {"steps": steps_in(folder / "log"), "wall": time.monotonic(),
                "computed": int(numbers[0]) / 1e9, "queued": int(numbers[1]) / 1e9}

    before = now()
    subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(RATE), "--call-graph",
                    "dwarf,16384", "-p", str(pid), "-o", folder / "perf.data", "--", "sleep",
                    str(seconds)], check=True)
    return {name: value - before[name] for name, value in now().items()}


def report(results, passed, samples, training_thread):
    """Milliseconds a step: where the training thread's time went, and what the others computed."""
    def add(name, seconds):
        results.add(f"step.{name}_ms", 1e3 * seconds / passed["steps"], "ms a step")

    ours = [part_of(stack, TRAINING) for thread, stack in samples if thread == training_thread]
    theirs = [part_of(stack, OTHERS) for thread, stack in samples if thread != training_thread]
    a_sample = passed["computed"] / len(ours)  # seconds
    add("wall", passed["wall"])
    add("waited_for_processor", passed["queued"])
    add("waited", max(0, passed["wall"] - passed["computed"] - passed["queued"]))
    add("training", passed["computed"])
    for name, _ in TRAINING:
        add(f"training_{name}", ours.count(name) * a_sample)
    add("others", len(theirs) * a_sample)
    for name, _ in OTHERS:
        add(f"others_{name}", theirs.count(name) * a_sample)


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    if not shutil.which("perf"):
        return "perf is missing (apt-get install linux-perf)"
    data = rounds.data_folder(options.data)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        neurons = [start(folder, data, 1)]
        try:
            at = event(neurons[0], "started")["metagraph"]
            neurons.append(start(folder, data, 2, "--bootstrap", at))
            while event(neurons[0], "step")["answers_ok"] < 100:
                pass
            outputs = [subprocess.Popen(["cat"], stdin=neuron.stdout, stdout=open(log, "w"))
                       for neuron, log in zip(neurons, (folder / "log", "/dev/null"))]
            passed = watch(neurons[0].pid, options.seconds, folder)
        finally:
            for neuron in neurons:
                neuron.kill()
                neuron.wait()
        for output in outputs:
            output.wait()
        samples = samples_of(folder / "perf.data")
    assert passed["steps"] > 10 and len(samples) > RATE, (passed, len(samples))
    results = rounds.Results()
    report(results, passed, samples, neurons[0].pid)
    results.write(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
