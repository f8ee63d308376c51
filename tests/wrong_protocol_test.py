# SPDX-License-Identifier: MIT
"""A client that speaks the protocol wrong in every way we could think of. Each way gets a clear
status, and none disturbs a client that speaks it right, which asks after each of them."""

import socket
import struct
import sys

import grpc
import numpy

from programs import BUILD, PATIENCE, ProgramTest

sys.path.insert(0, str(BUILD / "tests" / "python"))
from bittensor.v1 import axon_pb2, envelope_pb2, metagraph_pb2, tensor_pb2  # noqa: E402

FORWARD, BACKWARD = "bittensor.v1.Axon/Forward", "bittensor.v1.Axon/Backward"
GOSSIP = "bittensor.v1.Metagraph/Gossip"
FLOAT = tensor_pb2.DTYPE_FLOAT32

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
INTERNAL = grpc.StatusCode.INTERNAL
DEADLINE = grpc.StatusCode.DEADLINE_EXCEEDED


def tensor(shape, data=None, dtype=FLOAT):
    if data is None:
        data = bytes(4 * int(numpy.prod(shape)))
    return tensor_pb2.Tensor(dtype=dtype, shape=shape, data=data)


def forward(inputs=None, modality=axon_pb2.MODALITY_IMAGE, **fields):
    return axon_pb2.ForwardRequest(modality=modality, inputs=inputs, **fields).SerializeToString()


def backward(**fields):
    fields.setdefault("modality", axon_pb2.MODALITY_IMAGE)
    return axon_pb2.BackwardRequest(**fields).SerializeToString()


def envelope(**changes):
    fields = dict(sender=b"s" * 32, receiver=b"r" * 32, nonce=b"n" * 16, time_ms=1,
                  signature=b"x" * 64)
    return envelope_pb2.Envelope(**{**fields, **changes}).SerializeToString()


def value(number):
    return tensor([1, 1, 28, 28], numpy.full(784, number, "<f4").tobytes())


GOOD = forward(value(0.5))
IMAGE = value(0.5)

# To an axon that takes unsigned requests: name, method, body, the status.
BODIES = [
    ("nothing", FORWARD, b"", INVALID),
    ("rubbish", FORWARD, b"\xff" * 100, INVALID),
    ("a message cut short", FORWARD, GOOD[:-100], INVALID),
    ("a message with rubbish behind it", FORWARD, GOOD + b"\xff", INVALID),
    ("a length beyond the end", FORWARD, b"\x22\xff\xff\xff\xff\x0f", INVALID),
    ("field number 0", FORWARD, b"\x00\x00", INVALID),
    ("a group that does not end", FORWARD, b"\x0b" * 1000, INVALID),
    ("no modality", FORWARD, forward(IMAGE, modality=0), INVALID),
    ("a modality that does not exist", FORWARD, b"\x08\x63" + GOOD[2:], INVALID),
    ("text for a model of images", FORWARD, forward(modality=axon_pb2.MODALITY_TEXT, text=["hello"]),
     UNIMPLEMENTED),
    ("text that is not UTF-8", FORWARD, b"\x08\x01\x12\x02\xff\xfe", INVALID),
    ("a million empty texts", FORWARD, b"\x08\x01" + b"\x12\x00" * 1_000_000, INVALID),
    ("a plain tensor for a model of images", FORWARD,
     forward(IMAGE, modality=axon_pb2.MODALITY_TENSOR), UNIMPLEMENTED),
    ("no inputs", FORWARD, forward(), INVALID),
    ("inputs that are no tensor", FORWARD, b"\x08\x02\x22\x04\xff\xff\xff\xff", INVALID),
    ("no type of elements", FORWARD, forward(tensor([1, 1, 28, 28], dtype=0)), INVALID),
    ("a type that does not exist", FORWARD, forward(tensor([1, 1, 28, 28], dtype=99)), INVALID),
    ("whole numbers for a model of floats", FORWARD,
     forward(tensor([1, 1, 28, 28], bytes(8 * 784), tensor_pb2.DTYPE_INT64)), INVALID),
    ("no shape", FORWARD, forward(tensor([], bytes(4))), INVALID),
    ("two dimensions", FORWARD, forward(tensor([28, 28])), INVALID),
    ("five dimensions", FORWARD, forward(tensor([1, 1, 1, 28, 28])), INVALID),
    ("a hundred dimensions", FORWARD, forward(tensor([1] * 100, bytes(4))), INVALID),
    ("a negative dimension", FORWARD, forward(tensor([-1, 1, 28, 28], bytes(4 * 784))), INVALID),
    ("a dimension of 2^62", FORWARD, forward(tensor([1 << 62, 1, 28, 28], b"")), INVALID),
    ("dimensions whose product overflows", FORWARD,
     forward(tensor([1 << 31, 1 << 31, 4, 1], b"")), INVALID),
    ("less data than the shape says", FORWARD, forward(tensor([1, 1, 28, 28], bytes(100))), INVALID),
    ("more data than the shape says", FORWARD, forward(tensor([1, 1, 28, 28], bytes(4000))),
     INVALID),
    ("NaN", FORWARD, forward(value(numpy.nan)), INVALID),
    ("infinity", FORWARD, forward(value(numpy.inf)), INVALID),
    ("more rows than are taken", FORWARD, forward(tensor([5000, 1, 28, 28])), INVALID),
    ("more bytes than are taken", FORWARD, bytes(65 << 20), EXHAUSTED),
    ("a gradient of nothing", BACKWARD, b"", PRECONDITION),
    ("a gradient of inputs that were never kept", BACKWARD,
     backward(call_id=5, output_gradient=tensor([1, 1024])), PRECONDITION),
    ("no gradient", BACKWARD, backward(inputs=IMAGE), INVALID),
    ("a gradient of another width", BACKWARD,
     backward(inputs=IMAGE, output_gradient=tensor([1, 10])), INVALID),
    ("a gradient of other rows", BACKWARD,
     backward(inputs=IMAGE, output_gradient=tensor([2, 1024])), INVALID),
    ("a gradient of three dimensions", BACKWARD,
     backward(inputs=IMAGE, output_gradient=tensor([1, 1, 1024])), INVALID),
    ("a gradient in whole numbers", BACKWARD,
     backward(inputs=IMAGE,
              output_gradient=tensor([1, 1024], bytes(8192), tensor_pb2.DTYPE_INT64)), INVALID),
    ("a method that does not exist", "bittensor.v1.Axon/Sideways", GOOD, UNIMPLEMENTED),
    ("a service that does not exist", "bittensor.v1.Soma/Forward", GOOD, UNIMPLEMENTED),
    ("gossip", GOSSIP, b"", UNIMPLEMENTED),
]

# To an axon that wants proof: name, what stands in the place of an envelope.
ENVELOPES = [
    ("no envelope", None),
    ("an empty one", b""),
    ("rubbish", b"\xff" * 50),
    ("one too long", b"x" * 2000),
    ("a sender of 31 bytes", envelope(sender=b"s" * 31)),
    ("no sender", envelope(sender=b"")),
    ("a sender of zeros", envelope(sender=bytes(32))),
    ("a receiver of 33 bytes", envelope(receiver=b"r" * 33)),
    ("no nonce", envelope(nonce=b"")),
    ("no signature", envelope(signature=b"")),
    ("a signature of zeros", envelope(signature=bytes(64))),
    ("a signature of somebody", envelope()),
    ("a time before all times", envelope(time_ms=-(1 << 63))),
    ("more than is signed", envelope() + b"\xfa\x01\x01x"),
]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"

# To the port: what is not gRPC.
BYTES = [
    ("nothing at all", b""),
    ("rubbish", bytes(range(256)) * 16),
    ("a web browser", b"GET / HTTP/1.1\r\nHost: neuron\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
    ("half a preface", PREFACE[:10]),
    ("a preface and no more", PREFACE),
    ("a frame of 16 MiB", PREFACE + SETTINGS + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"),
    ("a frame of no known kind", PREFACE + SETTINGS + b"\x00\x00\x04\xee\x00\x00\x00\x00\x01abcd"),
    ("data on a stream that was not opened",
     PREFACE + SETTINGS + b"\x00\x00\x04\x00\x01\x00\x00\x00\x07abcd"),
    ("headers that are not compressed as they must be",
     PREFACE + SETTINGS + b"\x00\x00\x04\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff"),
    ("ten thousand pings", PREFACE + SETTINGS + b"\x00\x00\x08\x06\x00\x00\x00\x00\x00pingping" * 10000),
    ("a thousand resets", PREFACE + SETTINGS + b"".join(
        b"\x00\x00\x04\x03\x00" + struct.pack(">I", 2 * i + 1) + b"\x00\x00\x00\x08"
        for i in range(1000))),
]


class WrongProtocol(ProgramTest):
    def start(self, *arguments):
        neuron = self.neuron("a", "--epochs", "0", "--stay", "--axon_refused_per_second", "0",
                             *arguments)
        started = neuron.wait_for("started")
        self.axon = "127.0.0.1:%d" % started["axon_port"]
        self.metagraph = started["metagraph"]
        return neuron

    def call(self, address, method, body, metadata=(), timeout=PATIENCE):
        """The status of one call, on a connection of its own."""
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(address, options) as channel:
            stub = channel.unary_unary("/" + method)
            try:
                # On a busy machine a connection may take more than one try.
                self.reply = stub(body, metadata=metadata, timeout=timeout, wait_for_ready=True)
                return grpc.StatusCode.OK, ""
            except grpc.RpcError as error:
                return error.code(), error.details()

    def assert_serves(self, after):
        self.assertEqual(self.call(self.axon, FORWARD, GOOD)[0], grpc.StatusCode.OK, after)
        self.assertEqual(len(axon_pb2.ForwardResponse.FromString(self.reply).output.data), 4096)

    def test_requests(self):
        neuron = self.start("--allow_unsigned")
        for name, method, body, expected in BODIES:
            with self.subTest(name):
                code, details = self.call(self.axon, method, body)
                self.assertEqual(code, expected, details)
                if expected != UNIMPLEMENTED:
                    self.assertNotEqual(details, "")
                self.assert_serves(name)
        with self.subTest("no time to answer"):
            self.assertEqual(self.call(self.axon, FORWARD, GOOD, timeout=1e-4)[0], DEADLINE)
            self.assert_serves("no time")
        with self.subTest("forward to the metagraph"):
            self.assertEqual(self.call(self.metagraph, FORWARD, GOOD)[0], UNIMPLEMENTED)
        self.assertIsNone(neuron.process.poll())

    def test_envelopes(self):
        neuron = self.start()
        for name, proof in ENVELOPES:
            metadata = [] if proof is None else [("bittensor-envelope-bin", proof)]
            for address, method, body in ((self.axon, FORWARD, GOOD),
                                          (self.axon, BACKWARD, backward(inputs=IMAGE)),
                                          (self.metagraph, GOSSIP, b"")):
                with self.subTest(name, method=method):
                    code, details = self.call(address, method, body, metadata)
                    self.assertEqual(code, UNAUTHENTICATED, details)
                    self.assertNotEqual(details, "")
        self.assertIsNone(neuron.process.poll())

    def test_what_is_no_grpc(self):
        neuron = self.start("--allow_unsigned")
        for host, port in (address.split(":") for address in (self.axon, self.metagraph)):
            for name, data in BYTES:
                with self.subTest(name, port=port):
                    with socket.create_connection((host, int(port)), timeout=PATIENCE) as stranger:
                        try:
                            stranger.sendall(data)
                        except OSError:
                            pass  # It was shown the door before it had said everything.
                        self.assert_serves(name)
        self.assertIsNone(neuron.process.poll())
