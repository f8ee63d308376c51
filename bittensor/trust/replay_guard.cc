// SPDX-License-Identifier: MIT
#include "bittensor/trust/replay_guard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace bittensor {

void ReplayGuard::forget(std::int64_t unix_ms) {
  while (!seen_.empty() && seen_.top().until_ms < unix_ms) {
    forgotten_until_ms_ = std::max(forgotten_until_ms_, seen_.top().until_ms);
    ids_.erase(seen_.top().id);
    seen_.pop();
  }
}

absl::Status ReplayGuard::admit(const Envelope& envelope, std::int64_t unix_ms,
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

  MutexLock lock(mutex_);
  forget(unix_ms);
  // Compared this way round because time_ms is a stranger's and could overflow.
  if (envelope.time_ms < unix_ms - options_.window_ms ||
      envelope.time_ms > unix_ms + options_.window_ms) {
    return absl::UnauthenticatedError(absl::StrCat("request was signed at ", envelope.time_ms,
                                                   " ms, more than ", options_.window_ms,
                                                   " ms from this clock's ", unix_ms, " ms"));
  }
  const std::int64_t until_ms = envelope.time_ms + options_.window_ms;
  if (until_ms <= forgotten_until_ms_ || ids_.contains(id)) {
    return absl::UnauthenticatedError("request was seen before");
  }
  if (ids_.size() >= options_.max_nonces) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "more than ", options_.max_nonces, " requests within ", options_.window_ms, " ms"));
  }
  ids_.insert(id);
  seen_.push({until_ms, id});
  return absl::OkStatus();
}

}  // namespace bittensor
