// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// Leaves a failing peer alone for a growing time: `first` after its first
// failure, twice as long after each further one, at most `longest`. A good answer
// ends the rest and makes up for half a failure: a peer that fails every other
// time still rests longer and longer. A new address starts over.
//
// Thread-safe.
class PeerRest {
 public:
  struct Options {
    Duration first = std::chrono::milliseconds(500);
    Duration longest = std::chrono::seconds(60);
    std::size_t max_peers = 10'000;  // more are not remembered: they are simply asked
  };

  explicit PeerRest(Options options) : options_(options) {}

  // How long the peer is still to be left alone; zero: ask it.
  Duration remaining(const SynapseRecord& peer, TimePoint now) const BITTENSOR_EXCLUDES(mutex_);

  void succeeded(const SynapseRecord& peer) BITTENSOR_EXCLUDES(mutex_);
  void failed(const SynapseRecord& peer, TimePoint now) BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Failures {
    std::string address;  // where it failed: a peer that moved starts over
    int debt = 0;         // two for each failure, one less for each good answer
    TimePoint until;
  };

  const Options options_;
  mutable Mutex mutex_;
  absl::flat_hash_map<PublicKey, Failures> failures_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
