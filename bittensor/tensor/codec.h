// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"

#include "bittensor/base/payload.h"
#include "bittensor/tensor/compression.h"
#include "bittensor/v1/tensor.pb.h"

namespace bittensor {

// Tensors to the wire message v1::Tensor; wire_tensor.h reads them.

// Appends to `payload` the protobuf field `field_number`, of type v1::Tensor, that holds
// `tensor`. The elements are not copied if the tensor is contiguous on the CPU: the
// payload shares its storage, which must not be written to until the payload is gone.
// kInvalidArgument for a dtype that v1::DType lacks.
//
// A float32 tensor that can be expressed in `compression` travels in it; any other as it is.
absl::Status append_tensor_field(int field_number, const at::Tensor& tensor, Payload& payload,
                                 Compression compression = Compression::kNone);

// v1::DTYPE_UNSPECIFIED for a dtype that the wire does not know, and the reverse.
v1::DType wire_dtype(at::ScalarType dtype);
absl::StatusOr<at::ScalarType> scalar_type(v1::DType dtype);

// Parses `payload` into `message`; copies each byte once. kInvalidArgument if it is not one.
absl::Status parse_payload(const Payload& payload, google::protobuf::MessageLite& message);

}  // namespace bittensor
