// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

#include "bittensor/base/payload.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/tensor/wire_tensor.h"
#include "bittensor/v1/tensor.pb.h"

namespace bittensor::testing {

// The tensor that comes of a `message` once it has travelled.
inline absl::StatusOr<at::Tensor> decoded(const v1::Tensor& message) {
  const Payload payload(message.SerializeAsString());
  WireTensor wire(/*field_number=*/0);
  BITTENSOR_RETURN_IF_ERROR(parse_tensor(payload, wire));
  BITTENSOR_ASSIGN_OR_RETURN(DecodedTensor decoded, decode_tensor(payload, wire));
  return decoded.tensor;
}

}  // namespace bittensor::testing
