// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bittensor {

// How a key signs. Numbered as Substrate's MultiSignature. Neurons have ed25519 keys; accounts
// of a chain have either.
enum class KeyScheme : std::uint8_t { kEd25519 = 0, kSr25519 = 1 };

}  // namespace bittensor
