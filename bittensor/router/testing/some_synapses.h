// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// `n` synapses of different neurons, the same ones for the same numbers: `first`, first + 1, ...
inline std::vector<SynapseRecord> some_synapses(std::int64_t n, std::int64_t first = 0) {
  std::vector<SynapseRecord> synapses(n);
  for (std::int64_t i = 0; i < n; ++i) {
    std::string key(PublicKey::kSize, 'k');
    key[0] = static_cast<char>((first + i) % 256);
    key[1] = static_cast<char>((first + i) / 256);
    synapses[i].key = PublicKey::from_bytes(key).value();
  }
  return synapses;
}

}  // namespace bittensor
