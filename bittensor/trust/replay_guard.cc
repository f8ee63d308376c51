// SPDX-License-Identifier: MIT
#include "bittensor/trust/replay_guard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {

void ReplayGuard::forget(std::int64_t unix_ms) {
  while (!seen_.empty() && seen_.top().until_ms < unix_ms) {
    forgotten_until_ms_ = std::max(forgotten_until_ms_, seen_.top().until_ms);
    ids_.erase(seen_.top().id);
    seen_.pop();
  }
}

absl::StatusOr<ReplayGuard::Id> ReplayGuard::fresh_id(const Envelope& envelope,
                                                      std::int64_t unix_ms,
                                                      bool allow_any_receiver) {
  const bool for_anybody = allow_any_receiver && envelope.receiver.is_zero();
  if (envelope.receiver != self_ && !for_anybody) {
    return absl::UnauthenticatedError(absl::StrCat("request is for ", envelope.receiver.short_hex(),
                                                   ", this is ", self_.short_hex()));
  }
  Id id{};
  if (envelope.nonce.size() != id.size() - PublicKey::kSize) {
    return absl::UnauthenticatedError("request has no nonce of 16 bytes");
  }
  const absl::string_view sender = envelope.sender.bytes();
  std::copy(envelope.nonce.begin(), envelope.nonce.end(),
            std::copy(sender.begin(), sender.end(), id.begin()));

  forget(unix_ms);
  // Compared this way round because time_ms is a stranger's and could overflow.
  if (envelope.time_ms < unix_ms - options_.window_ms ||
      envelope.time_ms > unix_ms + options_.window_ms) {
    return absl::UnauthenticatedError(absl::StrCat("request was signed at ", envelope.time_ms,
                                                   " ms, more than ", options_.window_ms,
                                                   " ms from this clock's ", unix_ms, " ms"));
  }
  if (envelope.time_ms + options_.window_ms <= forgotten_until_ms_ || ids_.contains(id)) {
    return absl::UnauthenticatedError("request was seen before");
  }
  return id;
}

absl::Status ReplayGuard::check(const Envelope& envelope, std::int64_t unix_ms,
                                bool allow_any_receiver) {
  MutexLock lock(mutex_);
  return fresh_id(envelope, unix_ms, allow_any_receiver).status();
}

absl::Status ReplayGuard::admit(const Envelope& envelope, std::int64_t unix_ms,
                                bool allow_any_receiver) {
  MutexLock lock(mutex_);
  BITTENSOR_ASSIGN_OR_RETURN(const Id id, fresh_id(envelope, unix_ms, allow_any_receiver));
  if (ids_.size() >= options_.max_nonces) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "more than ", options_.max_nonces, " requests within ", options_.window_ms, " ms"));
  }
  ids_.insert(id);
  seen_.push({envelope.time_ms + options_.window_ms, id});
  return absl::OkStatus();
}

}  // namespace bittensor
