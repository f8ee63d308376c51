// SPDX-License-Identifier: MIT
//
// The proof of work in a record: proto/bittensor/v1/metagraph.proto defines it.
// Whoever wants to appear as a thousand neurons has to work a thousand times.
#pragma once

#include <cstdint>

#include "bittensor/wallet/keys.h"

namespace bittensor {

inline constexpr int kMaxWorkBits = 40;

// How many zero bits the hash of `key` and `work` begins with. Takes under a microsecond.
int work_bits(const PublicKey& key, std::uint64_t work);

// The first number that gives at least `bits`. Takes some 2^bits hashes: 18 bits a fifth of a
// second on average, each bit more twice as long. Blocks.
std::uint64_t find_work(const PublicKey& key, int bits);

}  // namespace bittensor
