// SPDX-License-Identifier: MIT
#include "bittensor/axon/caller_ledger.h"

#include "bittensor/base/failure_text.h"

namespace bittensor {

CallerLedger::Account& CallerLedger::account_of(const PublicKey& key) {
  if (Account* known = accounts_.use(key)) return *known;
  if (accounts_.size() >= kMaxCallers) accounts_.erase(accounts_.begin());
  Account& account = accounts_.add(key, {});
  account.key = key;
  return account;
}

void CallerLedger::heard(const PublicKey& key, const std::string& address, std::size_t bytes,
                         TimePoint now) {
  MutexLock lock(mutex_);
  Account& account = account_of(key);
  account.address = address;
  account.bytes_received += bytes;
  account.heard_at = now;
}

void CallerLedger::refused(const PublicKey& key, const std::string& address,
                           const absl::Status& status, TimePoint now) {
  MutexLock lock(mutex_);
  ++refusals_[status.code()];
  Account& account = account_of(key);
  account.address = address;
  ++account.refused;
  account.last_refusal = failure_text(status);
  account.heard_at = now;
}

void CallerLedger::answered(const PublicKey& key, std::size_t bytes, bool learned, bool lesson) {
  MutexLock lock(mutex_);
  Account& account = account_of(key);
  ++account.answered;
  account.bytes_sent += bytes;
  if (learned) ++account.gradients;
  if (lesson) ++account.lessons;
}

std::vector<CallerLedger::Account> CallerLedger::accounts() const {
  std::vector<Account> accounts;
  MutexLock lock(mutex_);
  accounts.reserve(accounts_.size());
  for (const auto& [key, account] : accounts_) accounts.push_back(account);
  return accounts;
}

std::map<absl::StatusCode, std::uint64_t> CallerLedger::refusals() const {
  MutexLock lock(mutex_);
  return refusals_;
}

}  // namespace bittensor
