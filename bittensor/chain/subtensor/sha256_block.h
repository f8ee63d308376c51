// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace bittensor {

enum class Sha256Way {
  kFastest,   // with the processor's own instructions where it has them
  kPortable,  // without
};

// SHA-256 (FIPS 180-4) of 40 bytes, which are one block: for who needs millions of them. With the
// processor's instructions it takes a sixth of the time of libsodium's.
std::array<std::uint8_t, 32> sha256_of_40(const std::array<std::uint8_t, 40>& message,
                                          Sha256Way way = Sha256Way::kFastest);

}  // namespace bittensor
