// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace bittensor {

// What the router does with rows of numbers. For so few of them each tensor operation would cost
// more than what it computes.

// The scalar product of two rows of n numbers.
template <typename T>
T dot(const T* a, const T* b, std::int64_t n) {
  constexpr std::int64_t kLanes = 16;  // sums side by side: vector instructions, and less rounding
  T sums[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  T sum = 0;
  for (const T lane : sums) sum += lane;
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// out = factor * row, or out += factor * row.
template <typename T>
void scale_into(T* __restrict out, const T* __restrict row, T factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = factor * row[i];
}
template <typename T>
void add_scaled(T* __restrict out, const T* __restrict row, T factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] += factor * row[i];
}

// Whether the numbers of `tensor` can be read as `T` one after the other.
template <typename T>
bool is_plain(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.is_contiguous() &&
         tensor.scalar_type() == c10::CppTypeToScalarType<T>::value;
}

}  // namespace bittensor
