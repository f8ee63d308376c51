// SPDX-License-Identifier: MIT
#include "bittensor/synapse/finite.h"

#include <cmath>

#include "ATen/ATen.h"

namespace bittensor {

bool all_finite(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_floating_point()) return true;
  const at::Tensor values = tensor.detach();
  // A NaN or an infinity anywhere makes the sum one of them. Large values may do so too.
  if (std::isfinite(values.sum().item<double>())) return true;
  return at::isfinite(values).all().item<bool>();
}

}  // namespace bittensor
