// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bittensor/base/mutex.h"
#include "bittensor/chain/chain.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// A chain as it is, which tells a Watch since when it is away and why, and when it is there again.
// A neuron goes on meanwhile with whom it knows (chain_peers.h).
//
// Thread-safe. `watch` must outlive it.
class WatchedChain final : public Chain {
 public:
  // `name` is that of the chain for people: its nodes' addresses.
  WatchedChain(std::unique_ptr<Chain> chain, std::string name, Watch& watch);

  absl::StatusOr<std::uint64_t> block(TimePoint deadline) override;
  absl::StatusOr<std::uint64_t> next_block(std::uint64_t seen, TimePoint deadline) override;
  absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> neurons(std::uint16_t netuid,
                                                                TimePoint deadline) override;
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
  void close() override { chain_->close(); }

 private:
  // A deadline may pass while the chain is there, if what was asked for takes its time.
  enum class Asked { kAnswer, kEvent };

  template <typename T>
  absl::StatusOr<T> noted(absl::StatusOr<T> answer, Asked asked = Asked::kAnswer) {
    note(answer.status(), asked);
    return answer;
  }
  void note(const absl::Status& status, Asked asked) BITTENSOR_EXCLUDES(mutex_);

  struct Away {
    Watch::Wait wait;
    double since_s;
    std::string why;
  };

  const std::unique_ptr<Chain> chain_;
  const std::string name_;
  Watch& watch_;
  Mutex mutex_;
  std::optional<Away> away_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
