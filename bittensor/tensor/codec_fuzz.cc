// SPDX-License-Identifier: MIT
//
// A stranger's request or response, as axon and dendrite read its tensors. corpus/tensor.py makes
// the corpus.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>

#include "ATen/ATen.h"

#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/finite.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/v1/axon.pb.h"

namespace {

using namespace bittensor;

void require(bool holds) {
  if (!holds) std::abort();
}

void read(const Payload& payload, const WireTensor& wire, const v1::Tensor& message) {
  // What protobuf makes of it.
  require(wire.size == message.data().size() && wire.dimensions == message.shape_size() &&
          wire.dtype == message.dtype() && wire.compression == message.compression());
  const auto decoded = decode_tensor(payload, wire);
  if (!decoded.ok()) return;
  require(decoded->tensor.nbytes() <= 4 * wire.size);
  require(decoded->finite == all_finite(decoded->tensor));
}

// Whether it is one of at most a hundred fields; `message` then is as protobuf parses it.
template <typename Message>
bool parsed(const Payload& payload, Message& message, std::initializer_list<WireTensor*> tensors) {
  Message others;
  const bool ok = parse_with_tensors(payload, 100, others, tensors).ok();
  const bool is_message = parse_payload(payload, message).ok();
  require(is_message || !ok);
  return ok;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In two pieces, as it may come.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Payload payload(bytes.substr(0, size / 2));
  payload.append(bytes.substr(size / 2));
  v1::ForwardRequest forward;
  WireTensor inputs(v1::ForwardRequest::kInputsFieldNumber);
  if (parsed(payload, forward, {&inputs})) read(payload, inputs, forward.inputs());
  v1::BackwardRequest backward;
  inputs = WireTensor(v1::BackwardRequest::kInputsFieldNumber);
  WireTensor gradient(v1::BackwardRequest::kOutputGradientFieldNumber);
  if (parsed(payload, backward, {&inputs, &gradient})) {
    read(payload, inputs, backward.inputs());
    read(payload, gradient, backward.output_gradient());
  }
  v1::ForwardResponse response;
  WireTensor output(v1::ForwardResponse::kOutputFieldNumber);
  if (parsed(payload, response, {&output})) read(payload, output, response.output());
  return 0;
}
