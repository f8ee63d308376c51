// SPDX-License-Identifier: MIT
#include "bittensor/tensor/int8_rows.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace bittensor {
namespace {

// Inner loops of a fixed count without branches: compilers turn them into vector instructions.
constexpr std::int64_t kLanes = 16;
constexpr float kLevels = 255;

struct Range {
  float low;
  float high;
};

Range range_of(const float* row, std::int64_t size) {
  float low[kLanes];
  float high[kLanes];
  std::fill_n(low, kLanes, row[0]);
  std::fill_n(high, kLanes, row[0]);
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) {
      low[j] = row[i + j] < low[j] ? row[i + j] : low[j];
      high[j] = row[i + j] > high[j] ? row[i + j] : high[j];
    }
  }
  for (; i < size; ++i) {
    low[0] = std::min(low[0], row[i]);
    high[0] = std::max(high[0], row[i]);
  }
  return {*std::min_element(low, low + kLanes), *std::max_element(high, high + kLanes)};
}

// Rounding may go a little beyond the last level.
std::uint8_t quantised(float x, float offset, float per_scale) {
  const float level = (x - offset) * per_scale + 0.5F;
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(level < kLevels ? level : kLevels));
}

}  // namespace

std::optional<Int8Row> to_int8(const float* row, std::int64_t size, std::uint8_t* bytes) {
  if (size == 0) return Int8Row{0, 0};
  const auto [low, high] = range_of(row, size);
  // Beyond, the range or its rounded upper end would be infinite.
  constexpr float kLargest = std::numeric_limits<float>::max() / 4;
  if (low < -kLargest || high > kLargest) return std::nullopt;
  const float scale = (high - low) / kLevels;
  if (scale < std::numeric_limits<float>::min()) {  // All but equal.
    std::fill_n(bytes, size, 0);
    return Int8Row{0, low};
  }
  const float offset = low;
  const float per_scale = 1 / scale;
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) {
      bytes[i + j] = quantised(row[i + j], offset, per_scale);
    }
  }
  for (; i < size; ++i) bytes[i] = quantised(row[i], offset, per_scale);
  return Int8Row{scale, offset};
}

void from_int8(Int8Row row, const std::uint8_t* bytes, std::int64_t size, float* out) {
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (std::int64_t j = 0; j < kLanes; ++j) {
      out[i + j] = row.offset + row.scale * static_cast<float>(bytes[i + j]);
    }
  }
  for (; i < size; ++i) out[i] = row.offset + row.scale * static_cast<float>(bytes[i]);
}

}  // namespace bittensor
