// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/lru_map.h"
#include "bittensor/base/mutex.h"
#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// What passed between this neuron and each peer that it asks, since the start: for people, who want
// to know with whom it goes well and why not.
//
// Thread-safe. Bounded: the peer that was not called for the longest time is forgotten first.
class PeerLedger {
 public:
  static constexpr std::size_t kMaxPeers = 4096;

  struct Account {
    PublicKey key;
    std::string address;
    std::string task;
    std::uint64_t asked = 0;     // forward and backward
    std::uint64_t answered = 0;  // in time, and usable
    std::uint64_t failed = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t gradients_given = 0;
    std::uint64_t lessons_given = 0;
    absl::StatusCode last_code = absl::StatusCode::kOk;  // of the last call
    std::string last_failure;                            // failure_text(); empty: none yet
    Duration latency{};                                  // of answers, smoothed; 0: none yet
    TimePoint answered_at{};
  };

  void asked(const SynapseRecord& peer) BITTENSOR_EXCLUDES(mutex_);
  void ended(const SynapseRecord& peer, const absl::Status& status, Duration took, TimePoint now)
      BITTENSOR_EXCLUDES(mutex_);
  // These count nothing for a peer that was never asked.
  void gave_gradient(const PublicKey& peer) BITTENSOR_EXCLUDES(mutex_);
  void gave_lesson(const PublicKey& peer) BITTENSOR_EXCLUDES(mutex_);
  void moved_bytes(const PublicKey& peer, std::size_t sent, std::size_t received)
      BITTENSOR_EXCLUDES(mutex_);

  std::vector<Account> accounts() const BITTENSOR_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  // Its iterators are not const; nothing that accounts() does changes it.
  mutable LruMap<PublicKey, Account> accounts_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
