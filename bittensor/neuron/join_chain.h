// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "bittensor/chain/chain.h"
#include "bittensor/neuron/options.h"
#include "bittensor/wallet/wallet.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// The chain that --chain_endpoint names, on which the neuron is registered; null without that
// option. If it was not registered, it is now: paid by --coldkey or, with --chain_work, by proof of
// work, which takes all cores; after the user has said yes, at the terminal or by --yes. Blocks.
// Tells `watch` what it waits for and, as long as the chain lives, when it is away (WatchedChain);
// `watch` must outlive it. Errors say what is missing; kCancelled if the user does not want
// it or a stop is requested.
absl::StatusOr<std::unique_ptr<Chain>> join_chain(const NeuronOptions& options,
                                                  const Wallet& wallet, Watch& watch);

}  // namespace bittensor
