// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "bittensor/metagraph/yuma.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// What a network without a chain makes of its neurons: Yuma consensus of the weights that they
// publish. Each neuron computes it by itself, from the rows that it knows.

// How much each key's opinion counts, in any unit. A key that is not in it has none.
using StakeTable = absl::flat_hash_map<PublicKey, std::uint64_t>;

// Reads one: a line for each neuron with its key (64 hexadecimal digits, or its SS58 address)
// and its stake, a whole number; '#' begins a comment. kNotFound if there is no file,
// kInvalidArgument, with the line, if one is not of that form or names a key again.
absl::StatusOr<StakeTable> read_stake_file(const std::string& path);

// The standing of `keys`, by their places, with everybody permitted and no bonds: dividends are of
// this moment. `rows` are (whose, weights in [0, 1] of whom); what is not of `keys` does not
// count. Without `stake` each has 1. kInvalidArgument if there are more than kMaxYumaNeurons keys,
// one stands twice, or the stakes overflow.
absl::StatusOr<YumaResult> standing_of(
    const std::vector<PublicKey>& keys,
    const std::vector<std::pair<PublicKey, std::vector<std::pair<PublicKey, float>>>>& rows,
    const StakeTable* stake = nullptr);

}  // namespace bittensor
