// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <vector>

#include "ATen/core/Tensor.h"
#include <grpcpp/support/byte_buffer.h>

namespace bittensor::bench {

// Whether `buffer` holds the bytes of `x`.
inline bool holds(const grpc::ByteBuffer& buffer, const at::Tensor& x) {
  std::vector<grpc::Slice> slices;
  if (buffer.Length() != x.nbytes() || !buffer.Dump(&slices).ok()) return false;
  const char* expected = static_cast<const char*>(x.data_ptr());
  for (const grpc::Slice& slice : slices) {
    if (std::memcmp(slice.begin(), expected, slice.size()) != 0) return false;
    expected += slice.size();
  }
  return true;
}

}  // namespace bittensor::bench
