// SPDX-License-Identifier: MIT
//
// A stranger's request or response, as axon and dendrite read its tensors. corpus/tensor.py makes
// the corpus.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ATen/ATen.h"

#include "bittensor/tensor/codec.h"
#include "bittensor/tensor/finite.h"
#include "bittensor/v1/axon.pb.h"

namespace {

using namespace bittensor;

void read(v1::Tensor&& message) {
  const std::size_t bytes = message.data().size();
  const auto tensor = decode_tensor(std::move(message));
  if (!tensor.ok()) return;
  if (tensor->nbytes() > 4 * bytes) std::abort();
  static_cast<void>(all_finite(*tensor));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In two pieces, as it may come.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Payload payload(bytes.substr(0, size / 2));
  payload.append(bytes.substr(size / 2));
  static_cast<void>(check_field_count(payload, 100));
  v1::ForwardRequest forward;
  if (parse_payload(payload, forward).ok()) read(std::move(*forward.mutable_inputs()));
  v1::BackwardRequest backward;
  if (parse_payload(payload, backward).ok()) {
    read(std::move(*backward.mutable_inputs()));
    read(std::move(*backward.mutable_output_gradient()));
  }
  v1::ForwardResponse response;
  if (parse_payload(payload, response).ok()) read(std::move(*response.mutable_output()));
  return 0;
}
