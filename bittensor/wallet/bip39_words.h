// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace bittensor {

inline constexpr std::size_t kBip39Words = 2048;

// The English words of BIP-39, in alphabetical order: a word stands for its place, 11 bits.
const std::array<absl::string_view, kBip39Words>& bip39_words();

}  // namespace bittensor
