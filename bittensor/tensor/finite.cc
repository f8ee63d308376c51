// SPDX-License-Identifier: MIT
#include "bittensor/tensor/finite.h"

#include <cstdint>

#include "ATen/ATen.h"

namespace bittensor {
namespace {

// NaN and the infinities are the numbers whose exponent bits are all ones. No branch and a
// fixed count in the inner loop: compilers turn it into vector instructions, those of the function
// that it becomes a part of.
template <typename Bits>
[[gnu::always_inline]] inline bool look(const void* data, std::size_t bytes, Bits exponent) {
  auto size = static_cast<std::int64_t>(bytes / sizeof(Bits));
  constexpr std::int64_t kBlock = 4096 / sizeof(Bits);
  const auto* bits = static_cast<const Bits*>(data);
  Bits found = 0;
  for (; size >= kBlock && found == 0; size -= kBlock, bits += kBlock) {
    for (std::int64_t i = 0; i < kBlock; ++i) found |= (bits[i] & exponent) == exponent ? 1 : 0;
  }
  for (std::int64_t i = 0; i < size; ++i) found |= (bits[i] & exponent) == exponent ? 1 : 0;
  return found != 0;
}

#ifdef __x86_64__
template <typename Bits>
[[gnu::target("avx2")]] bool look_with_avx2(const void* data, std::size_t bytes, Bits exponent) {
  return look(data, bytes, exponent);
}
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

template <typename Bits>
bool any_full_exponent(const void* data, std::size_t bytes, Bits exponent) {
#ifdef __x86_64__
  if (has_avx2) return look_with_avx2(data, bytes, exponent);
#endif
  return look(data, bytes, exponent);
}

}  // namespace

bool all_finite(at::ScalarType dtype, const void* data, std::size_t bytes) {
  switch (dtype) {
    case at::kFloat:
      return !any_full_exponent<std::uint32_t>(data, bytes, 0x7f800000);
    case at::kDouble:
      return !any_full_exponent<std::uint64_t>(data, bytes, 0x7ff0000000000000);
    case at::kHalf:
      return !any_full_exponent<std::uint16_t>(data, bytes, 0x7c00);
    case at::kBFloat16:
      return !any_full_exponent<std::uint16_t>(data, bytes, 0x7f80);
    default:
      return true;
  }
}

bool all_finite(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_floating_point()) return true;
  if (!tensor.is_cpu() || !tensor.is_contiguous()) {
    return at::isfinite(tensor.detach()).all().item<bool>();
  }
  return all_finite(tensor.scalar_type(), tensor.data_ptr(), tensor.nbytes());
}

}  // namespace bittensor
