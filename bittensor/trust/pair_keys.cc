// SPDX-License-Identifier: MIT
#include "bittensor/trust/pair_keys.h"

#include <algorithm>
#include <string>

#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr absl::string_view kPurpose("bittensor.v1 pair\0", 18);

}  // namespace

PairKey::~PairKey() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

absl::StatusOr<PairKey> PairKeys::with(const PublicKey& peer) const {
  {
    MutexLock lock(mutex_);
    if (const auto found = entries_.find(peer); found != entries_.end()) {
      by_age_.splice(by_age_.end(), by_age_, found->second.age);
      return found->second.key;
    }
  }
  BITTENSOR_ASSIGN_OR_RETURN(std::string shared, wallet_.agree(peer));
  // Which key is whose does not matter: both sides must find the same.
  const auto [smaller, larger] = std::minmax(wallet_.key(), peer);
  std::string text(kPurpose);
  text.append(smaller.bytes().data(), PublicKey::kSize);
  text.append(larger.bytes().data(), PublicKey::kSize);
  PairKey key;
  crypto_generichash(key.bytes_.data(), PairKey::kSize, internal::bytes_of(text), text.size(),
                     internal::bytes_of(shared), shared.size());
  sodium_memzero(shared.data(), shared.size());
  return key;
}

void PairKeys::remember(const PublicKey& peer, const PairKey& key) {
  MutexLock lock(mutex_);
  if (max_peers_ == 0 || entries_.contains(peer)) return;
  if (entries_.size() >= max_peers_) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  entries_[peer] = {key, by_age_.insert(by_age_.end(), peer)};
}

std::size_t PairKeys::remembered() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

}  // namespace bittensor
