# SPDX-License-Identifier: MIT
"""A client in another language, with nothing of ours but proto/: python3-grpcio."""

import sys

import grpc
import numpy

from programs import BUILD, PATIENCE, ProgramTest

sys.path.insert(0, str(BUILD / "tests" / "python"))
from bittensor.v1 import axon_pb2, tensor_pb2  # noqa: E402


def to_proto(array):
    return tensor_pb2.Tensor(dtype=tensor_pb2.DTYPE_FLOAT32, shape=array.shape,
                             data=array.astype("<f4").tobytes())


def from_proto(tensor):
    return numpy.frombuffer(tensor.data, "<f4").reshape(tuple(tensor.shape))


class ForeignClient(ProgramTest):
    def setUp(self):
        super().setUp()
        neuron = self.neuron("a", "--epochs", "0", "--stay", "--allow_unsigned")
        self.channel = grpc.insecure_channel("127.0.0.1:%d" % neuron.wait_for("started")["axon_port"])
        self.addCleanup(self.channel.close)
        self.images = numpy.random.default_rng(1).random((3, 1, 28, 28))

    def call(self, method, request, response):
        stub = self.channel.unary_unary("/bittensor.v1.Axon/" + method,
                                        request_serializer=lambda message: message.SerializeToString(),
                                        response_deserializer=response.FromString)
        return stub(request, timeout=PATIENCE)

    def forward(self, images):
        return from_proto(self.call(
            "Forward", axon_pb2.ForwardRequest(modality=axon_pb2.MODALITY_IMAGE,
                                               inputs=to_proto(images)),
            axon_pb2.ForwardResponse).output)

    def backward(self, images, gradient):
        return from_proto(self.call(
            "Backward", axon_pb2.BackwardRequest(modality=axon_pb2.MODALITY_IMAGE,
                                                 inputs=to_proto(images),
                                                 output_gradient=to_proto(gradient)),
            axon_pb2.BackwardResponse).input_gradient)

    def test_forward_answers_each_row(self):
        output = self.forward(self.images)
        self.assertEqual(output.shape, (3, 1024))
        self.assertTrue(numpy.isfinite(output).all())
        # A row's answer does not depend on its batch.
        numpy.testing.assert_allclose(self.forward(self.images[1:2])[0], output[1], atol=1e-5)

    def test_backward_is_the_gradient_of_forward(self):
        gradient = numpy.ones((3, 1024))
        analytic = self.backward(self.images, gradient)
        self.assertEqual(analytic.shape, self.images.shape)
        # Along the gradient itself, where the central difference is largest against its rounding.
        direction = analytic / numpy.linalg.norm(analytic)
        step = 1e-2
        ahead = self.forward(self.images + step * direction).sum(dtype=numpy.float64)
        behind = self.forward(self.images - step * direction).sum(dtype=numpy.float64)
        self.assertAlmostEqual((ahead - behind) / (2 * step) / numpy.linalg.norm(analytic), 1.0,
                               delta=0.02)

    def test_wrong_requests_get_their_status(self):
        cases = [
            (axon_pb2.ForwardRequest(), grpc.StatusCode.INVALID_ARGUMENT),
            (axon_pb2.ForwardRequest(modality=axon_pb2.MODALITY_TEXT, text=["hello"]),
             grpc.StatusCode.UNIMPLEMENTED),
            (axon_pb2.ForwardRequest(modality=axon_pb2.MODALITY_IMAGE,
                                     inputs=to_proto(numpy.zeros((3, 28)))),
             grpc.StatusCode.INVALID_ARGUMENT),
            (axon_pb2.ForwardRequest(modality=axon_pb2.MODALITY_IMAGE,
                                     inputs=to_proto(numpy.full((1, 1, 28, 28), numpy.nan))),
             grpc.StatusCode.INVALID_ARGUMENT),
        ]
        for request, code in cases:
            with self.assertRaises(grpc.RpcError) as error:
                self.call("Forward", request, axon_pb2.ForwardResponse)
            self.assertEqual(error.exception.code(), code, request)
        self.assertEqual(self.forward(self.images).shape, (3, 1024))  # Others are not disturbed.
