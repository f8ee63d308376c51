// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/chain/action.h"
#include "bittensor/chain/hyperparameters.h"
#include "bittensor/chain/neurons.h"
#include "bittensor/chain/signer.h"

namespace bittensor {

// A blockchain as a source of the metagraph: who is in a subnet, where each is served, and the
// weights among all; and what a neuron does there.
//
// All calls block until the answer is there or `deadline` has passed, so they belong on a thread
// of their own: a chain is slow, and may be gone for minutes. kUnavailable and kDeadlineExceeded:
// the nodes cannot be reached or do not answer rightly; what was read before holds on.
// kFailedPrecondition: the chain refuses, the message has its words.
//
// Thread-safe.
class Chain {
 public:
  virtual ~Chain() = default;

  // The number of the newest block; next_block() waits for one that is not number `seen`.
  virtual absl::StatusOr<std::uint64_t> block(TimePoint deadline) = 0;
  virtual absl::StatusOr<std::uint64_t> next_block(std::uint64_t seen, TimePoint deadline) = 0;

  // The subnet at the newest block: the first time read whole, later what changed since.
  // kNotFound if there is no such subnet.
  virtual absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> neurons(std::uint16_t netuid,
                                                                        TimePoint deadline) = 0;
  virtual absl::StatusOr<SubnetHyperparameters> hyperparameters(std::uint16_t netuid,
                                                                TimePoint deadline) = 0;
  // The uid of a hotkey, if it is registered: one question, where neurons() may be many.
  virtual absl::StatusOr<std::optional<std::uint16_t>> uid(std::uint16_t netuid,
                                                           const AccountId& hotkey,
                                                           TimePoint deadline) = 0;
  // What an account can spend.
  virtual absl::StatusOr<Rao> balance(const AccountId& account, TimePoint deadline) = 0;

  // What a registration by proof of work is for now.
  struct WorkChallenge {
    std::uint64_t block = 0;
    std::string block_hash;  // 32 bytes
    std::uint64_t difficulty = 0;
    bool big_endian = false;  // how the chain reads a seal as a number, as far as is known
  };
  virtual absl::StatusOr<WorkChallenge> work_challenge(std::uint16_t netuid,
                                                       TimePoint deadline) = 0;

  // What the chain takes for it beside what the action itself costs; 0 if nothing.
  virtual absl::StatusOr<Rao> fee(const ChainAction& action, const Signer& signer,
                                  TimePoint deadline) = 0;
  // Does it: returns once it is in a block and the block says that it went well. Never done
  // twice. After kDeadlineExceeded it may still happen in the next minutes, or not.
  virtual absl::StatusOr<Receipt> submit(const ChainAction& action, const Signer& signer,
                                         TimePoint deadline) = 0;

  // Calls under way and later ones end soon, with kCancelled: for who stops a thread that waits
  // here.
  virtual void close() = 0;
};

}  // namespace bittensor
