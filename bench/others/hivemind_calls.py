# SPDX-License-Identifier: MIT
"""hivemind's remote experts at the work of calls_bench.cc: one server process, one client process.

Run by peers_bench.py with a Python that has hivemind. Experts of class "nop" answer what they are
asked; "ffn" is Linear(1024, 4096) - GELU - Linear(4096, 1024) with a layer norm. The network's own
defaults otherwise; one thread of libtorch a process. Prints one JSON object.
"""

import json
import sys
import time

import hivemind
import torch
from hivemind.moe import RemoteMixtureOfExperts, get_experts
from hivemind.moe.server.server import background_server

WIDTH = 1024
BATCH = 64


def rate(work, times):
    """Times a second that `work` is done."""
    work()
    start = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - start)


def calls_and_mixture(result):
    with background_server(expert_uids=[f"expert.{i}" for i in range(9)], expert_cls="nop",
                           hidden_dim=WIDTH, device="cpu", num_handlers=1) as server:
        dht = hivemind.DHT(initial_peers=server.addrs, start=True)
        expert, = get_experts(dht, ["expert.0"])
        one, many = torch.rand(1, WIDTH), torch.rand(BATCH, WIDTH)
        with torch.no_grad():
            assert torch.equal(expert(many), many)
            result["noop_per_s"] = rate(lambda: expert(one), 200)
            result["echo_samples_per_s"] = BATCH * rate(lambda: expert(many), 50)

        mixture = RemoteMixtureOfExperts(in_features=WIDTH, grid_size=(9,), dht=dht,
                                         uid_prefix="expert.", k_best=3)
        x = torch.rand(BATCH, WIDTH, requires_grad=True)

        def step():
            x.grad = None
            mixture(x).sum().backward()
            assert torch.allclose(x.grad, torch.ones_like(x), 1e-4, 1e-4)

        result["moe_step_ms"] = 1000 / rate(step, 3)
        dht.shutdown()


def main():
    torch.set_num_threads(1)
    result = {"hivemind": hivemind.__version__, "torch": torch.__version__}
    calls_and_mixture(result)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
