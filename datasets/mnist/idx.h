// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

namespace bittensor {

// Reads a file in the IDX format of Y. LeCun's MNIST page (http://yann.lecun.com/exdb/mnist):
// two zero bytes, the element type, the number of dimensions, each dimension as a big-endian
// 32-bit number, the elements in row-major order. Only unsigned bytes are read.
//
// uint8, in the file's shape. kNotFound, or kDataLoss with the file's name and what is wrong
// with it: another type, a header or body cut short, bytes too many. Never allocates more
// than the file's size.
absl::StatusOr<at::Tensor> read_idx(const std::string& path);

}  // namespace bittensor
