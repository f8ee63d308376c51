// SPDX-License-Identifier: MIT
//
// The "binary version" of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html): files of
// records, each one byte of label and 3072 bytes of pixels, planes of red, green and blue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/labelled_images.h"

namespace bittensor {

inline constexpr std::int64_t kCifarSide = 32;  // pixels
inline constexpr std::int64_t kCifarPixels = kCifarSide * kCifarSide;
inline constexpr std::int64_t kCifarRecord = 1 + 3 * kCifarPixels;  // bytes
inline constexpr int kCifarClasses = 10;

// At least one record: images uint8 [size, 3, 32, 32]. kNotFound, or kDataLoss with
// the file's name: a size that is not whole records, a label that is not in [0, 10). Never
// allocates more than a few times the file's size.
absl::StatusOr<LabelledImages> read_cifar_binary(const std::string& path);

// Makes such a file from a picture each of whose rows is an image: its 1024 pixels, row by row,
// red, green and blue interleaved. One label per row. kDataLoss if a label is not in [0, 10) or
// there are more or fewer labels than rows; kInternal if it cannot be written.
absl::Status write_cifar_binary(const std::string& path, const std::vector<std::uint8_t>& pixels,
                                const std::vector<std::int64_t>& labels);

}  // namespace bittensor
