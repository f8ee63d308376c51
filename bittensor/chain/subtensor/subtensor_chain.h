// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/chain/chain.h"
#include "bittensor/chain/rpc/reconnecting_client.h"
#include "bittensor/chain/subtensor/events.h"
#include "bittensor/chain/subtensor/node.h"
#include "bittensor/chain/subtensor/runtime.h"
#include "bittensor/chain/subtensor/submitter.h"

namespace bittensor {

// Subtensor, the chain of Bittensor: a Substrate chain with the pallet SubtensorModule. Calls,
// storage, errors and events are found by name in the runtime's metadata, so that a runtime that
// is older, newer, or replaced while this runs is understood as far as names stayed.
//
// Thread-safe, as Chain.
class SubtensorChain final : public Chain {
 public:
  struct Options {
    std::vector<std::string> endpoints;  // ws://, wss://, http://, https://; in this preference
    RpcOptions rpc;
    // Of the chain that is meant, 64 hexadecimal digits; empty: the first node's to answer.
    std::string genesis_hash;
    ReconnectingClient::Options reconnect;
    Submitter::Options submit;
    std::uint64_t read_all_every = 100;  // blocks; in between what changed
  };

  // Connects to the first endpoint that can be reached. kInvalidArgument for an endpoint that is
  // none; kFailedPrecondition if a node is of another chain; kUnavailable, kDeadlineExceeded.
  static absl::StatusOr<std::unique_ptr<SubtensorChain>> open(const Options& options,
                                                              TimePoint deadline);

  // Over a connection of the caller's to the chain of that genesis (32 bytes): for tests.
  SubtensorChain(const Options& options, std::unique_ptr<RpcClient> client,
                 std::string genesis_hash);

  absl::StatusOr<std::uint64_t> block(TimePoint deadline) override;
  absl::StatusOr<std::uint64_t> next_block(std::uint64_t seen, TimePoint deadline) override;
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> neurons(std::uint16_t netuid,
                                                                TimePoint deadline) override
      BITTENSOR_EXCLUDES(mutex_);
  absl::StatusOr<SubnetHyperparameters> hyperparameters(std::uint16_t netuid,
                                                        TimePoint deadline) override;
  absl::StatusOr<std::optional<std::uint16_t>> uid(std::uint16_t netuid, const AccountId& hotkey,
                                                   TimePoint deadline) override;
  absl::StatusOr<Rao> balance(const AccountId& account, TimePoint deadline) override;
  absl::StatusOr<WorkChallenge> work_challenge(std::uint16_t netuid, TimePoint deadline) override;
  absl::StatusOr<Rao> fee(const ChainAction& action, const Signer& signer,
                          TimePoint deadline) override;
  absl::StatusOr<Receipt> submit(const ChainAction& action, const Signer& signer,
                                 TimePoint deadline) override;
  void close() override;

  // What an operator looks at.
  struct Info {
    std::string runtime;  // "node-subtensor"
    std::uint32_t spec_version = 0;
    std::string genesis_hash;  // 32 bytes
    std::uint64_t block = 0;
  };
  absl::StatusOr<Info> info(TimePoint deadline);

 private:
  struct Synced {
    std::shared_ptr<const NeuronSnapshot> snapshot;
    std::uint64_t read_all_at = 0;  // the block
    std::uint32_t spec_version = 0;
  };

  // kNotFound if it cannot be done by changes: there are too many, or the chain took another
  // branch.
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> changes_since(
      const Synced& synced, const Node::Head& head, std::shared_ptr<const Runtime> runtime,
      TimePoint deadline);
  absl::StatusOr<std::vector<ChainEvent>> events_of(const std::string& block,
                                                    const std::string& parent, TimePoint deadline);

  const std::uint64_t read_all_every_;
  const std::string genesis_hash_;
  const std::unique_ptr<RpcClient> client_;
  const Node node_;
  Runtimes runtimes_;
  Submitter submitter_;

  // Whether seals are read the other way than the runtime's version lets expect.
  std::atomic<bool> other_seals_{false};

  Mutex mutex_;
  std::map<std::uint16_t, Synced> synced_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
