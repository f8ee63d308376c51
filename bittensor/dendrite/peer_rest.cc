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
  failures_.erase(peer.key);
}

void PeerRest::failed(const SynapseRecord& peer, TimePoint now) {
  MutexLock lock(mutex_);
  if (failures_.size() >= options_.max_peers && !failures_.contains(peer.key)) return;
  Failures& failures = failures_[peer.key];
  if (failures.address != peer.axon_address) failures = {peer.axon_address, 0, {}};
  // Calls that were under way together fail together: that is one failure.
  if (failures.count > 0 && now < failures.until) return;
  ++failures.count;
  const int doublings = std::min(failures.count - 1, 20);
  failures.until = now + std::min(options_.first * (1 << doublings), options_.longest);
}

}  // namespace bittensor
