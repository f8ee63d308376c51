// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/base/mutex.h"
#include "bittensor/trust/envelope.h"

namespace bittensor {

// Refuses a request that was meant for somebody else, is stale, or was seen
// before. It remembers each nonce for as long as its time would be accepted;
// when it remembers `max_nonces` it refuses, rather than forget one early.
//
// Thread-safe.
class ReplayGuard {
 public:
  struct Options {
    std::int64_t window_ms = 30'000;  // how far a sender's clock may differ, either way
    std::size_t max_nonces = 1 << 20;
  };

  ReplayGuard(Options options, PublicKey self) : options_(options), self_(self) {}

  // kUnauthenticated: for another receiver (a zero one passes if `allow_any_receiver`),
  // stale or repeated. Remembers nothing: a request that is refused for another reason, such as
  // its key's rate, must take no room from others.
  absl::Status check(const Envelope& envelope, std::int64_t unix_ms, bool allow_any_receiver)
      BITTENSOR_EXCLUDES(mutex_);

  // The same, and remembers it. kResourceExhausted: too many nonces within the window.
  absl::Status admit(const Envelope& envelope, std::int64_t unix_ms, bool allow_any_receiver)
      BITTENSOR_EXCLUDES(mutex_);

 private:
  using Id = std::array<char, PublicKey::kSize + 16>;  // sender and nonce
  struct Seen {
    std::int64_t until_ms;  // the last time at which it would be accepted
    Id id;
    friend bool operator>(const Seen& a, const Seen& b) { return a.until_ms > b.until_ms; }
  };

  void forget(std::int64_t unix_ms) BITTENSOR_REQUIRES(mutex_);
  // The id of a request that is fresh and meant for this neuron.
  absl::StatusOr<Id> fresh_id(const Envelope& envelope, std::int64_t unix_ms,
                              bool allow_any_receiver) BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  const PublicKey self_;
  Mutex mutex_;
  absl::flat_hash_set<Id> ids_ BITTENSOR_GUARDED_BY(mutex_);
  // The soonest to expire on top: senders' clocks differ.
  std::priority_queue<Seen, std::vector<Seen>, std::greater<>> seen_ BITTENSOR_GUARDED_BY(mutex_);
  // The latest `until_ms` that was forgotten. Older requests stay refused, even when this
  // machine's clock is set back.
  std::int64_t forgotten_until_ms_ BITTENSOR_GUARDED_BY(mutex_) =
      std::numeric_limits<std::int64_t>::min();
};

}  // namespace bittensor
