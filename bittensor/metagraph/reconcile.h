// SPDX-License-Identifier: MIT
//
// The messages of an exchange (proto/bittensor/v1/metagraph.proto) as functions of what a
// neuron knows. Statements that a message brings are checked and kept before these are asked.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "bittensor/metagraph/record_store.h"
#include "bittensor/v1/metagraph.pb.h"

namespace bittensor {

// No gossip message is larger; the statements in it take half at most.
inline constexpr std::size_t kMaxGossipBytes = 256 * 1024;
inline constexpr int kMaxStatements = 256;

// kInvalidArgument if a stranger's message is not of the form that metagraph.proto says.
absl::Status check_form(const v1::GossipRequest& request);
absl::Status check_form(const v1::GossipResponse& response);

// The first message: what was learnt since `since_ms`, and the digest of everything. Its
// size has a bound that does not depend on how much is known.
v1::GossipRequest open_exchange(const RecordStore& store, std::uint64_t salt,
                                std::int64_t since_ms);

// The answer to a first or second message.
v1::GossipResponse answer(const RecordStore& store, const v1::GossipRequest& request,
                          std::int64_t since_ms);

// The second message: what the other lacks, and what it has that `store` lacks. Without
// statements and wants if the two agree.
v1::GossipRequest follow_up(const RecordStore& store, std::uint64_t salt,
                            const v1::GossipResponse& response);

}  // namespace bittensor
