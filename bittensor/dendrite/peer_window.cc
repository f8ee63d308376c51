// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_window.h"

#include <algorithm>
#include <cmath>

namespace bittensor {

bool PeerWindow::open(const PublicKey& peer) const {
  MutexLock lock(mutex_);
  const auto found = windows_.find(peer);
  if (found == windows_.end()) return true;
  const double slowness = std::chrono::duration<double>(found->second.mean) /
                          std::chrono::duration<double>(options_.slow);
  const int more = static_cast<int>(std::lround((options_.most - 1) * (1 - slowness)));
  return found->second.under_way < 1 + std::max(0, more);
}

void PeerWindow::asked(const PublicKey& peer) {
  MutexLock lock(mutex_);
  if (windows_.size() >= options_.max_peers && windows_.count(peer) == 0) return;
  // One that never answered yet is taken for neither quick nor slow.
  ++windows_.try_emplace(peer, Window{0, options_.slow / 2}).first->second.under_way;
}

void PeerWindow::ended(const PublicKey& peer, Duration took) {
  MutexLock lock(mutex_);
  const auto found = windows_.find(peer);
  if (found == windows_.end() || found->second.under_way == 0) return;
  Window& window = found->second;
  --window.under_way;
  window.mean += (took - window.mean) / 8;  // as TCP smooths it (RFC 6298)
}

}  // namespace bittensor
