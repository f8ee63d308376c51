// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"

#include "bittensor/base/payload.h"
#include "bittensor/tensor/compression.h"
#include "bittensor/v1/tensor.pb.h"

namespace bittensor {

// Tensors to and from the wire message v1::Tensor.

// Appends to `payload` the protobuf field `field_number`, of type v1::Tensor, that holds
// `tensor`. The elements are not copied if the tensor is contiguous on the CPU: the
// payload shares its storage, which must not be written to until the payload is gone.
// kInvalidArgument for a dtype that v1::DType lacks.
//
// A float32 tensor that can be expressed in `compression` travels in it; any other as it is.
absl::Status append_tensor_field(int field_number, const at::Tensor& tensor, Payload& payload,
                                 Compression compression = Compression::kNone);

// The tensor in `message`; takes its bytes without copying them unless they are compressed.
// kInvalidArgument if dtype, shape, compression and size do not fit each other: the message comes
// from a stranger. Dimensions of size 0 are fine; more than 8 dimensions are not. What is
// compressed takes at most four times the bytes that came.
absl::StatusOr<at::Tensor> decode_tensor(v1::Tensor&& message);

// v1::DTYPE_UNSPECIFIED for a dtype that the wire does not know, and the reverse.
v1::DType wire_dtype(at::ScalarType dtype);
absl::StatusOr<at::ScalarType> scalar_type(v1::DType dtype);

// kInvalidArgument if the message in `payload` has more than `most` fields at its top level,
// known or not, or is cut short. To be asked before parsing what a stranger sent: a field of two
// bytes may take fifty in memory. Allocates nothing.
absl::Status check_field_count(const Payload& payload, std::int64_t most);

// Parses `payload` into `message`; copies each byte once. kInvalidArgument if it is not one.
absl::Status parse_payload(const Payload& payload, google::protobuf::MessageLite& message);

}  // namespace bittensor
