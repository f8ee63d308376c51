# SPDX-License-Identifier: MIT
"""MNIST's model behind grpcio, as people serve a PyTorch model by hand: what serve_bench.cc does.

The server is Python's gRPC with 32 threads on core 0 and one thread of libtorch; 32 clients of
grpc.aio ask it on core 1, an image at a time, as raw float32 both ways. Nothing is signed, checked
or compressed. Prints one JSON object: answered images a second.
"""

import asyncio
import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import sys
import time

import grpc
import numpy
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import mnist_pytorch  # pylint: disable=wrong-import-position

CLIENTS = 32
SECONDS = 3
METHOD = "/bench.Model/Forward"


def serve(port):
    os.sched_setaffinity(0, {0})
    torch.set_num_threads(1)
    model = mnist_pytorch.Model().eval()

    def forward(request, _context):
        image = torch.frombuffer(bytearray(request), dtype=torch.float32).view(-1, 1, 28, 28)
        with torch.inference_mode():
            return model(image).numpy().tobytes()

    handler = grpc.method_handlers_generic_handler(
        "bench.Model", {"Forward": grpc.unary_unary_rpc_method_handler(forward)})
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(CLIENTS))
    server.add_generic_rpc_handlers((handler,))
    port.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


async def ask(port):
    image = numpy.random.default_rng(1).random((1, 1, 28, 28), numpy.float32).tobytes()
    answered = 0
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        forward = channel.unary_unary(METHOD)
        await forward(image, wait_for_ready=True)
        end = time.perf_counter() + SECONDS

        async def again():
            nonlocal answered
            while time.perf_counter() < end:
                assert len(await forward(image)) == 40
                answered += 1

        start = time.perf_counter()
        await asyncio.gather(*(again() for _ in range(CLIENTS)))
        return answered / (time.perf_counter() - start)


def main():
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    os.sched_setaffinity(0, {1})
    rate = asyncio.run(ask(port))
    server.kill()
    json.dump({"samples_per_s": rate}, sys.stdout)


if __name__ == "__main__":
    main()
