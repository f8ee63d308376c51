// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/lru_map.h"
#include "bittensor/base/mutex.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// What passed between the axon and each caller since the start: for people, who want to know whom
// it served, who taught it, and whom it refused and why.
//
// Thread-safe. Bounded: the caller that was not heard for the longest time is forgotten first.
class CallerLedger {
 public:
  static constexpr std::size_t kMaxCallers = 4096;

  struct Account {
    PublicKey key;        // zero: of all that prove none
    std::string address;  // where the last request came from
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;
    std::uint64_t gradients = 0;  // that the model learns from
    std::uint64_t lessons = 0;    // kept
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::string last_refusal;  // failure_text(); empty: none yet
    TimePoint heard_at{};
  };

  // A request of the caller, of so many bytes, came and was admitted.
  void heard(const PublicKey& key, const std::string& address, std::size_t bytes, TimePoint now)
      BITTENSOR_EXCLUDES(mutex_);
  // One was refused; `key` is zero if it was refused before the key was known.
  void refused(const PublicKey& key, const std::string& address, const absl::Status& status,
               TimePoint now) BITTENSOR_EXCLUDES(mutex_);
  void answered(const PublicKey& key, std::size_t bytes, bool learned, bool lesson)
      BITTENSOR_EXCLUDES(mutex_);

  std::vector<Account> accounts() const BITTENSOR_EXCLUDES(mutex_);
  // Refused requests, by status.
  std::map<absl::StatusCode, std::uint64_t> refusals() const BITTENSOR_EXCLUDES(mutex_);

 private:
  Account& account_of(const PublicKey& key) BITTENSOR_REQUIRES(mutex_);

  mutable Mutex mutex_;
  // Its iterators are not const; nothing that accounts() does changes it.
  mutable LruMap<PublicKey, Account> accounts_ BITTENSOR_GUARDED_BY(mutex_);
  std::map<absl::StatusCode, std::uint64_t> refusals_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
