// SPDX-License-Identifier: MIT
#include "bittensor/tensor/finite.h"

#include <cstdint>

#include "ATen/ATen.h"

namespace bittensor {
namespace {

// NaN and the infinities are the numbers whose exponent bits are all ones. No branch and a
// fixed count in the inner loop: compilers turn it into vector instructions.
template <typename Bits>
bool any_full_exponent(const void* data, std::int64_t size, Bits exponent) {
  constexpr std::int64_t kBlock = 4096 / sizeof(Bits);
  const auto* bits = static_cast<const Bits*>(data);
  Bits found = 0;
  for (; size >= kBlock && found == 0; size -= kBlock, bits += kBlock) {
    for (std::int64_t i = 0; i < kBlock; ++i) found |= (bits[i] & exponent) == exponent ? 1 : 0;
  }
  for (std::int64_t i = 0; i < size; ++i) found |= (bits[i] & exponent) == exponent ? 1 : 0;
  return found != 0;
}

}  // namespace

bool all_finite(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_floating_point()) return true;
  if (!tensor.is_cpu() || !tensor.is_contiguous()) {
    return at::isfinite(tensor.detach()).all().item<bool>();
  }
  const void* const data = tensor.data_ptr();
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return !any_full_exponent<std::uint32_t>(data, tensor.numel(), 0x7f800000);
    case at::kDouble:
      return !any_full_exponent<std::uint64_t>(data, tensor.numel(), 0x7ff0000000000000);
    case at::kHalf:
      return !any_full_exponent<std::uint16_t>(data, tensor.numel(), 0x7c00);
    case at::kBFloat16:
      return !any_full_exponent<std::uint16_t>(data, tensor.numel(), 0x7f80);
    default:
      return at::isfinite(tensor.detach()).all().item<bool>();
  }
}

}  // namespace bittensor
