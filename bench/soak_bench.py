#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A neuron that trains while peers come and go must not grow.

One neuron trains for some minutes; others join, train a while and are killed. Its resident memory is
sampled each second. The slope is that of a line through the samples after the warm-up, in which
libraries and allocator fill their pools and the first peers' connections grow old. It goes up and
down by some MB, which in five minutes can look like the limit: so ten.
"""

import json
import subprocess
import sys
import tempfile
import time

import rounds

WARM_UP = 150.0  # seconds
PEERS = 2  # at a time
PEER_LIFE = 12.0  # seconds
LIMIT = 1024.0  # KB a minute: 60 MB an hour


def read_status(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def slope(samples):
    """Of the least squares line through (x, y)."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    return (sum((x - mean_x) * (y - mean_y) for x, y in samples) /
            sum((x - mean_x) ** 2 for x, _ in samples))


class Peer:
    def __init__(self, folder, data, bootstrap):
        self.end = time.monotonic() + PEER_LIFE
        self.folder = tempfile.TemporaryDirectory(dir=folder)
        self.process = subprocess.Popen(
            rounds.neuron(self.folder.name, "--data", data, "--threads", 1, "--epochs", 1000,
                          "--train_images", 6400, "--test_images", 100, "--bootstrap", bootstrap),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def main():
    parser = rounds.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    data = rounds.data_folder(options.data)
    samples, threads, peers, came = [], [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        soaked = subprocess.Popen(
            rounds.neuron(folder, "--data", data, "--threads", 1, "--epochs", 1000,
                          "--train_images", 6400, "--test_images", 100, "--progress", "json",
                          "--timeout", 2, "--log_level", "error"),
            stdout=subprocess.PIPE, text=True)
        try:
            started = json.loads(soaked.stdout.readline())
            while started["event"] != "started":
                started = json.loads(soaked.stdout.readline())
            output = open(f"{folder}/events", "w")
            drain = subprocess.Popen(["cat"], stdin=soaked.stdout, stdout=output)
            start = time.monotonic()
            while (now := time.monotonic()) < start + options.seconds:
                for peer in [peer for peer in peers if peer.end < now]:
                    peer.kill()
                    peers.remove(peer)
                if len(peers) < PEERS and (not peers or peers[-1].end > now + PEER_LIFE / PEERS / 2):
                    peers.append(Peer(folder, data, started["metagraph"]))
                    came += 1
                assert soaked.poll() is None, "the neuron ended"
                if now > start + min(WARM_UP, options.seconds / 2):
                    samples.append(((now - start) / 60, read_status(soaked.pid, "VmRSS")))
                    threads.append(read_status(soaked.pid, "Threads"))
                time.sleep(1)
        finally:
            for peer in peers:
                peer.kill()
            soaked.kill()
            soaked.wait()
            drain.wait()
        # The last line may have been cut off.
        events = [json.loads(line) for line in open(f"{folder}/events") if line.endswith("\n")]
    asked = max(event["answers_ok"] for event in events if event["event"] == "step")
    assert asked > 0, "no peer ever answered"
    results = rounds.Results()
    results.add("soak.minutes", options.seconds / 60, "min")
    results.add("soak.peers", came, "peers")
    results.add("soak.answers", asked, "answers")
    results.add("soak.memory_mb", max(kb for _, kb in samples) / 1024, "MB at most")
    results.add("soak.threads_first", threads[0], "threads after the warm-up")
    results.add("soak.threads_most", max(threads), "threads at most")
    results.add("soak.slope_kb_per_min", slope(samples), f"KB/min, at most {LIMIT:.0f}")
    results.write(options.json)
    return 0 if results.medians["soak.slope_kb_per_min"] <= LIMIT else "the neuron grows"


if __name__ == "__main__":
    sys.exit(main())
