// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bittensor {

// When tests of statements happen: unix milliseconds.
constexpr std::int64_t kNow = 1'600'000'000'000;

}  // namespace bittensor
