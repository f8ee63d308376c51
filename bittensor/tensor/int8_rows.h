// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

namespace bittensor {

// Rows of float32 as bytes: q = round((x - offset) / scale), x = offset + scale * q, where offset
// is the smallest element of its row and scale a 255th of its range. The error is at most half a
// scale.

struct Int8Row {
  float scale;
  float offset;
};
static_assert(sizeof(Int8Row) == 8, "it travels as it lies");

// `row` has `size` finite elements; writes as many bytes. None if they are too large for it:
// beyond a quarter of what float32 holds.
std::optional<Int8Row> to_int8(const float* row, std::int64_t size, std::uint8_t* bytes);

// The reverse. `bytes` and `row` are any: the result may be infinite or NaN.
void from_int8(Int8Row row, const std::uint8_t* bytes, std::int64_t size, float* out);

}  // namespace bittensor
