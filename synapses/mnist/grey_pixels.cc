// SPDX-License-Identifier: MIT
#include "synapses/mnist/grey_pixels.h"

#include <array>

#include "ATen/ATen.h"

namespace bittensor {

at::Tensor grey_pixels(const at::Tensor& images, std::int64_t side) {
  const at::Tensor grey = images.size(1) == 1 ? images : images.mean(/*dim=*/1, /*keepdim=*/true);
  const std::array<std::int64_t, 2> size = {side, side};
  return at::upsample_bilinear2d(grey, size, /*align_corners=*/false);
}

}  // namespace bittensor
