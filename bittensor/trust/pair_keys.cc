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
    if (const PairKey* known = keys_.use(peer)) return *known;
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
  if (max_peers_ == 0 || keys_.contains(peer)) return;
  if (keys_.size() >= max_peers_) keys_.erase(keys_.begin());
  keys_.add(peer, key);
}

std::size_t PairKeys::remembered() const {
  MutexLock lock(mutex_);
  return keys_.size();
}

}  // namespace bittensor
