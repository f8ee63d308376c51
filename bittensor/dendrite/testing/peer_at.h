// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bittensor/metagraph/synapse_record.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// One and the same neuron, wherever it is.
inline SynapseRecord peer_at(const std::string& address) {
  static const Wallet wallet = Wallet::create();
  return {wallet.key(), address, {}};
}

}  // namespace bittensor
