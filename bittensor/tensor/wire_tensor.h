// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"

#include "bittensor/base/payload.h"
#include "bittensor/v1/tensor.pb.h"

namespace bittensor {

// Messages that hold tensors, as they come from strangers. Protobuf would copy the elements into
// its message, and they would be looked at for NaN later, when they have left the cache. Here they
// are found, and later copied once into the tensor's own storage and looked at on the way.

// A field of type v1::Tensor: what it says of itself, and where in the payload its elements lie.
struct WireTensor {
  static constexpr int kMaxDimensions = 8;

  explicit WireTensor(int field_number) : field(field_number) {}

  int field;
  bool present = false;
  v1::DType dtype = v1::DTYPE_UNSPECIFIED;
  std::array<std::int64_t, kMaxDimensions> shape{};
  std::int64_t dimensions = 0;  // may be more than there is room for
  v1::Compression compression = v1::COMPRESSION_NONE;
  std::size_t begin = 0;  // of the elements, from the payload's first byte
  std::size_t size = 0;
};

// Finds `tensors` in the message in `payload`, and parses its other fields into `message`.
// kInvalidArgument if it is not such a message, or has more than `max_fields` fields at its top
// level, known or not: a field of two bytes may take fifty in memory. Repeated and unknown fields
// are treated as protobuf treats them. Allocates nothing for what is in the tensors.
absl::Status parse_with_tensors(const Payload& payload, std::int64_t max_fields,
                                google::protobuf::MessageLite& message,
                                std::initializer_list<WireTensor*> tensors);

// The same where the whole payload is one v1::Tensor.
absl::Status parse_tensor(const Payload& payload, WireTensor& tensor);

struct DecodedTensor {
  at::Tensor tensor;
  bool finite = true;  // no element is NaN or infinite
};

// The tensor that was found in `payload`. kInvalidArgument if dtype, shape, compression and size do
// not fit each other, which is known before anything is allocated. Dimensions of size 0 are fine;
// more than 8 dimensions are not. It takes as many bytes as came, four times as many if
// they were compressed.
absl::StatusOr<DecodedTensor> decode_tensor(const Payload& payload, const WireTensor& wire);

}  // namespace bittensor
