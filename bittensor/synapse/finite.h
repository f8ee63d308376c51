// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"

namespace bittensor {

// Whether no element is NaN or infinite. True for integers and for an undefined tensor.
// Reads the tensor once and allocates nothing of its size unless its sum overflows.
bool all_finite(const at::Tensor& tensor);

}  // namespace bittensor
