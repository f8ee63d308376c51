// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "ATen/core/Tensor.h"

namespace bittensor {

// Whether no element is NaN or infinite. True for integers and for an undefined tensor.
// A contiguous tensor on the CPU is read once, about as fast as memory gives it.
bool all_finite(const at::Tensor& tensor);

// The same of the elements in `bytes` bytes at `data`, of one of the dtypes that travel
// (v1::DType); `data` is aligned for them.
bool all_finite(at::ScalarType dtype, const void* data, std::size_t bytes);

}  // namespace bittensor
