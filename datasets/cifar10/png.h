// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace bittensor {

// The pixels of a picture.
struct RgbPicture {
  std::int64_t cols = 0;
  std::int64_t rows = 0;
  std::vector<std::uint8_t> pixels;  // rows * cols * 3: row by row, red, green, blue interleaved
};

// Reads a PNG file that must have this size; other kinds of pixels than 8-bit RGB are converted.
// The size is checked before anything is allocated for it.
//
// kNotFound if there is no such file; kDataLoss with its name if it is not a PNG file, is of
// another size, or is damaged.
absl::StatusOr<RgbPicture> read_png(const std::string& path, std::int64_t cols, std::int64_t rows);

// The same of any size up to `max_pixels`.
absl::StatusOr<RgbPicture> read_png_up_to(const std::string& path, std::int64_t max_pixels);

}  // namespace bittensor
