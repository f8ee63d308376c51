// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"

namespace bittensor {

// Whether no element is NaN or infinite. True for integers and for an undefined tensor.
// A contiguous tensor on the CPU is read once, about as fast as memory gives it.
bool all_finite(const at::Tensor& tensor);

}  // namespace bittensor
