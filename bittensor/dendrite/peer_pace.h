// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// How long each peer usually takes to answer, so that whoever waits can tell an
// answer that is on its way from one that is lost: long before its deadline, and
// without holding it against a peer that is merely far away. A new address starts
// over.
//
// Thread-safe.
class PeerPace {
 public:
  struct Options {
    Duration slack = std::chrono::milliseconds(50);  // a hiccup that is nobody's fault
    std::size_t max_peers = 10'000;                  // more are not remembered
  };

  explicit PeerPace(Options options) : options_(options) {}

  // An answer came, `took` after it was asked for.
  void answered(const SynapseRecord& peer, Duration took) BITTENSOR_EXCLUDES(mutex_);

  // An answer that takes longer is unusual: the smoothed time, four times its deviation and
  // the slack, as TCP decides it (RFC 6298). None: this peer never answered.
  std::optional<Duration> usual(const SynapseRecord& peer) const BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Pace {
    std::string address;
    Duration mean;
    Duration deviation;
  };

  const Options options_;
  mutable Mutex mutex_;
  absl::flat_hash_map<PublicKey, Pace> paces_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
