// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// The hashes of Substrate's storage keys and of what is signed there.

// xxHash64 (Y. Collet), as in Substrate's "twox". Not against an adversary.
std::uint64_t xxh64(absl::string_view bytes, std::uint64_t seed);
// `size` bytes, a multiple of 8: xxh64 with seeds 0, 1, ..., each little endian.
std::string twox(absl::string_view bytes, std::size_t size);
// BLAKE2b (RFC 7693) with `size` bytes of result, 16 to 64.
std::string blake2b(absl::string_view bytes, std::size_t size);

}  // namespace bittensor
