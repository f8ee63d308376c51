// SPDX-License-Identifier: MIT
#include "bench/learning/nan_peer.h"

#include <cmath>
#include <cstdlib>

#include "bench/learning/odd_synapses.h"

#include "bittensor/base/check.h"
#include "bittensor/tensor/codec.h"
#include "bittensor/trust/envelope.h"
#include "bittensor/v1/axon.pb.h"

namespace bittensor::bench {
namespace {

constexpr char kForward[] = "bittensor.v1.Axon/Forward";
constexpr std::size_t kMaxMessage = std::size_t{64} << 20;

}  // namespace

NanPeer::NanPeer(World& world, std::uint64_t seed, const std::string& bootstrap)
    : neuron_(world, "nan", seed) {
  auto listener = neuron_.transport->listen(
      "127.0.0.1:0", {kForward}, kMaxMessage,
      [this](const Transport::Request& request, const Transport::ReplyFn& reply) {
        answer(request, reply);
      });
  BITTENSOR_CHECK(listener.ok()) << listener.status();
  listener_ = *std::move(listener);
  const std::string& address = listener_->address();
  neuron_.advertise(image_schema(), std::atoi(address.c_str() + address.rfind(':') + 1), bootstrap);
}

NanPeer::~NanPeer() {
  listener_->close(neuron_.executor.now());
}

void NanPeer::answer(const Transport::Request& request, const Transport::ReplyFn& reply) {
  const auto envelope =
      open_request(request.message.envelope, request.method, request.message.body);
  v1::ForwardRequest asked;
  if (!envelope.ok() || !parse_payload(request.message.body, asked).ok() ||
      asked.inputs().shape_size() == 0) {
    return reply(absl::InvalidArgumentError("not understood"));
  }
  Message message;
  const torch::Tensor nonsense =
      torch::full({asked.inputs().shape(0), kDefaultNetworkDim}, std::nanf(""));
  BITTENSOR_CHECK(
      append_tensor_field(v1::ForwardResponse::kOutputFieldNumber, nonsense, message.body).ok());
  message.envelope = seal_reply(neuron_.wallet, *envelope, request.method, message.body,
                                neuron_.executor.unix_ms());
  reply(std::move(message));
}

}  // namespace bittensor::bench
