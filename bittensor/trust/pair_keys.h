// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/base/lru_map.h"
#include "bittensor/base/mutex.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// What only two neurons know: follows from one's secret and the other's public key, so
// that they need not talk to agree on it (proto/bittensor/v1/envelope.proto, pair_key).
// Wiped from memory when it goes.
class PairKey {
 public:
  static constexpr std::size_t kSize = 32;

  PairKey() = default;
  PairKey(const PairKey&) = default;
  PairKey& operator=(const PairKey&) = default;
  ~PairKey();

  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  friend class PairKeys;
  std::array<std::uint8_t, kSize> bytes_{};
};

// The pair keys of one neuron. Computing one costs as much as checking two signatures,
// so those of the `max_peers` peers that were used last are remembered.
//
// Thread-safe. `wallet` must outlive it.
class PairKeys {
 public:
  explicit PairKeys(const Wallet& wallet, std::size_t max_peers = 4096)
      : wallet_(wallet), max_peers_(max_peers) {}

  const Wallet& wallet() const { return wallet_; }

  // The key shared with `peer`, remembered or computed. kInvalidArgument if `peer` is not a valid
  // public key. Does not remember it: a stranger can claim to be a million neurons.
  absl::StatusOr<PairKey> with(const PublicKey& peer) const BITTENSOR_EXCLUDES(mutex_);

  // To be called for peers that this neuron chose, or that proved to have their key.
  void remember(const PublicKey& peer, const PairKey& key) BITTENSOR_EXCLUDES(mutex_);

  std::size_t remembered() const BITTENSOR_EXCLUDES(mutex_);

 private:
  const Wallet& wallet_;
  const std::size_t max_peers_;
  mutable Mutex mutex_;
  mutable LruMap<PublicKey, PairKey> keys_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
