// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/chain/chain.h"

namespace bittensor {

// Where a chain is, and which one it has to be.
struct ChainAddress {
  std::vector<std::string> endpoints;  // ws://, wss://, http://, https://; in this preference
  std::string genesis_hash;            // 64 hexadecimal digits; empty: the first node's to answer
  std::string ca_file;  // certificates (PEM) that may sign a node's; empty: the system's
};

// Connects to Subtensor. Errors as SubtensorChain::open(). Of the library subtensor, which
// programs link: who has only the seam sees nothing of sockets.
absl::StatusOr<std::unique_ptr<Chain>> open_chain(const ChainAddress& address, TimePoint deadline);

}  // namespace bittensor
