// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/cifar10/png.h"

namespace bittensor {

// Reads a picture of up to `max_pixels`, PNG or JPEG by its first bytes whatever its name is. A
// photograph from a camera that was turned stands upright (Exif's orientation).
//
// kNotFound if there is no such file; kInvalidArgument if it is of neither kind; kDataLoss, all
// with its name, if it is damaged or larger.
absl::StatusOr<RgbPicture> read_picture_file(const std::string& path, std::int64_t max_pixels);

// Whether a file that begins like this is one that read_picture_file() reads.
bool is_picture(absl::string_view first_bytes);

}  // namespace bittensor
