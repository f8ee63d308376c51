// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "absl/container/flat_hash_map.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// How many questions a peer may have at a time: `most` while it answers at once, fewer the longer
// it takes, and one when it takes `slow` or more. So whoever is slow because everybody asks it is
// asked less, instead of failing them all.
//
// Thread-safe.
class PeerWindow {
 public:
  struct Options {
    Duration slow = std::chrono::milliseconds(1250);
    int most = 16;
    std::size_t max_peers = 10'000;  // more are not remembered: they are simply asked
  };

  explicit PeerWindow(Options options) : options_(options) {}

  // Whether the peer may be asked one more.
  bool open(const PublicKey& peer) const BITTENSOR_EXCLUDES(mutex_);

  // Of each question: that it was asked, and, once, how long the answer took, or what a failure is
  // to count as.
  void asked(const PublicKey& peer) BITTENSOR_EXCLUDES(mutex_);
  void ended(const PublicKey& peer, Duration took) BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Window {
    int under_way = 0;
    Duration mean;  // smoothed
  };

  const Options options_;
  mutable Mutex mutex_;
  absl::flat_hash_map<PublicKey, Window> windows_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
