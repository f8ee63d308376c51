// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bittensor/synapse/schema.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// "The synapse of neuron `key` is served at `axon_address`", as the neuron signed it.
struct SynapseRecord {
  PublicKey key;
  std::string axon_address;  // host:port
  Schema schema;
};

}  // namespace bittensor
