// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_pace.h"

namespace bittensor {

void PeerPace::answered(const SynapseRecord& peer, Duration took) {
  MutexLock lock(mutex_);
  const auto found = paces_.find(peer.key);
  if (found == paces_.end() || found->second.address != peer.axon_address) {
    if (found == paces_.end() && paces_.size() >= options_.max_peers) return;
    paces_[peer.key] = {peer.axon_address, took, took / 2};
    return;
  }
  Pace& pace = found->second;
  const Duration error = took - pace.mean;
  pace.deviation += (std::chrono::abs(error) - pace.deviation) / 4;
  pace.mean += error / 8;
}

std::optional<Duration> PeerPace::usual(const SynapseRecord& peer) const {
  MutexLock lock(mutex_);
  const auto found = paces_.find(peer.key);
  if (found == paces_.end() || found->second.address != peer.axon_address) return std::nullopt;
  return found->second.mean + 4 * found->second.deviation + options_.slack;
}

}  // namespace bittensor
