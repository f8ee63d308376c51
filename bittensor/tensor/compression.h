// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/v1/tensor.pb.h"

namespace bittensor {

// How the elements of a float32 tensor travel; proto/bittensor/v1/tensor.proto has the layouts.
enum class Compression : std::uint8_t {
  kNone,      // 4 bytes per element
  kFloat16,   // 2 bytes, to 1 part in 2,000
  kBfloat16,  // 2 bytes, to 1 part in 250, any size that float32 has
  kInt8,      // 1 byte, to 1 part in 500 of the range of its row
};

// "none", "float16", "bfloat16", "int8"
const char* to_string(Compression compression);
// kInvalidArgument lists the names.
absl::StatusOr<Compression> parse_compression(absl::string_view name);

v1::Compression to_proto(Compression compression);
// None for one that a newer program made up.
Compression from_proto(v1::Compression compression);

// Those that an axon understands.
class CompressionSet {
 public:
  static CompressionSet all();

  void insert(Compression compression) { bits_ |= bit(compression); }
  bool contains(Compression compression) const { return (bits_ & bit(compression)) != 0; }

 private:
  static std::uint8_t bit(Compression compression) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(compression));
  }
  std::uint8_t bits_ = 1;  // none is always understood
};

// `floats` (float32, contiguous, on the CPU) in the form that travels: a contiguous tensor of any
// dtype. Undefined for kNone, where the compression would save nothing, and where it cannot hold a
// value: one that is not finite, or is too large for float16.
at::Tensor compressed(const at::Tensor& floats, Compression compression);

// The float32 tensor of `shape` whose elements a stranger sent as `bytes`. kInvalidArgument if they
// do not fit. `shape` has been checked: its product is `numel` and does not overflow. The values
// may be anything.
absl::StatusOr<at::Tensor> decompressed(absl::string_view bytes, Compression compression,
                                        const std::vector<std::int64_t>& shape, std::int64_t numel);

}  // namespace bittensor
