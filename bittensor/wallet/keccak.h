// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace bittensor {

// Keccak-f[1600] (FIPS 202, section 3): lane (x, y) is state[x + 5 * y]; lane and byte order are
// those of a little-endian machine.
using KeccakState = std::array<std::uint64_t, 25>;
void keccak_f1600(KeccakState& state);

// Keccak-256 as it was before FIPS 202 added a suffix: what Ethereum and Subtensor mean by it.
std::array<std::uint8_t, 32> keccak256(absl::string_view message);

}  // namespace bittensor
