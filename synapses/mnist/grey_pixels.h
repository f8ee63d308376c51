// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace bittensor {

// `images` [batch, channels, rows, cols] of any size as grey ones, [batch, 1, side, side].
at::Tensor grey_pixels(const at::Tensor& images, std::int64_t side);

}  // namespace bittensor
