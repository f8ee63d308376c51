// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_rest.h"

#include <algorithm>

namespace bittensor {

Duration PeerRest::remaining(const SynapseRecord& peer, TimePoint now) const {
  MutexLock lock(mutex_);
  const auto found = failures_.find(peer.key);
  if (found == failures_.end() || found->second.address != peer.axon_address) {
    return Duration::zero();
  }
  return std::max(found->second.until - now, Duration::zero());
}

void PeerRest::succeeded(const SynapseRecord& peer) {
  MutexLock lock(mutex_);
  const auto found = failures_.find(peer.key);
  if (found == failures_.end()) return;
  found->second.until = {};
  if (--found->second.debt <= 0) failures_.erase(found);
}

void PeerRest::failed(const SynapseRecord& peer, TimePoint now) {
  MutexLock lock(mutex_);
  if (failures_.size() >= options_.max_peers && !failures_.contains(peer.key)) {
    absl::erase_if(failures_, [now](const auto& entry) { return entry.second.until <= now; });
    if (failures_.size() >= options_.max_peers) return;
  }
  Failures& failures = failures_[peer.key];
  if (failures.address != peer.axon_address) failures = {peer.axon_address, 0, {}};
  // Calls that were under way together fail together: that is one failure.
  if (now < failures.until) return;
  failures.debt += 2;
  const int doublings = std::min((failures.debt - 1) / 2, 20);
  failures.until = now + std::min(options_.first * (1 << doublings), options_.longest);
}

}  // namespace bittensor
