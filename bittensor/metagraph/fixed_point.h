// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bittensor {

// The numbers that the chain computes with: I32F32 of Rust's crate `fixed`, an integer that
// counts 2^-32. Sums are plain sums of integers, so their order does not matter. Products and
// quotients are rounded down, as there.
using Fixed = std::int64_t;

inline constexpr int kFixedBits = 32;
inline constexpr Fixed kFixedOne = Fixed{1} << kFixedBits;
inline constexpr Fixed kU16Max = 65535;  // what 1 is in the chain's 16-bit proportions

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

inline Fixed fixed_mul(Fixed a, Fixed b) {
  return static_cast<Fixed>((static_cast<Int128>(a) * b) >> kFixedBits);
}

// For a, b >= 0 of the same scale, whatever that is; a <= b where a is above 2^62. 0 if b is 0.
inline Fixed fixed_div(Fixed a, Fixed b) {
  if (b == 0) return 0;
  if (a < kFixedOne)  // 64 bits will do, at a tenth of the cost
    return static_cast<Fixed>((static_cast<std::uint64_t>(a) << kFixedBits) /
                              static_cast<std::uint64_t>(b));
  return static_cast<Fixed>((static_cast<Uint128>(a) << kFixedBits) / static_cast<Uint128>(b));
}

// `proportion`, in [0, 1], of the whole; rounded down.
inline std::uint64_t fixed_share(Fixed proportion, std::uint64_t whole) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(proportion) * whole) >> kFixedBits);
}

// A proportion in [0, 1] as the chain stores it: 65535 is 1.
inline std::uint16_t fixed_to_u16(Fixed proportion) {
  return static_cast<std::uint16_t>(fixed_mul(proportion, kU16Max << kFixedBits) >> kFixedBits);
}

}  // namespace bittensor
