// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/peer_ledger.h"

#include "bittensor/base/failure_text.h"

namespace bittensor {
void PeerLedger::asked(const SynapseRecord& peer) {
  MutexLock lock(mutex_);
  Account* account = accounts_.use(peer.key);
  if (account == nullptr) {
    if (accounts_.size() >= kMaxPeers) accounts_.erase(accounts_.begin());
    account = &accounts_.add(peer.key, {});
    account->key = peer.key;
  }
  account->address = peer.axon_address;
  account->task = peer.schema.task.name;
  ++account->asked;
}

void PeerLedger::ended(const SynapseRecord& peer, const absl::Status& status, Duration took,
                       TimePoint now) {
  MutexLock lock(mutex_);
  Account* account = accounts_.find(peer.key);
  if (account == nullptr) return;
  account->last_code = status.code();
  if (!status.ok()) {
    ++account->failed;
    account->last_failure = failure_text(status);
    return;
  }
  account->latency += account->answered == 0 ? took : (took - account->latency) / 8;
  ++account->answered;
  account->answered_at = now;
}

void PeerLedger::gave_gradient(const PublicKey& peer) {
  MutexLock lock(mutex_);
  if (Account* account = accounts_.find(peer)) ++account->gradients_given;
}

void PeerLedger::gave_lesson(const PublicKey& peer) {
  MutexLock lock(mutex_);
  if (Account* account = accounts_.find(peer)) ++account->lessons_given;
}

void PeerLedger::moved_bytes(const PublicKey& peer, std::size_t sent, std::size_t received) {
  MutexLock lock(mutex_);
  Account* account = accounts_.find(peer);
  if (account == nullptr) return;
  account->bytes_sent += sent;
  account->bytes_received += received;
}

std::vector<PeerLedger::Account> PeerLedger::accounts() const {
  std::vector<Account> accounts;
  MutexLock lock(mutex_);
  accounts.reserve(accounts_.size());
  for (const auto& [key, account] : accounts_) accounts.push_back(account);
  return accounts;
}

}  // namespace bittensor
