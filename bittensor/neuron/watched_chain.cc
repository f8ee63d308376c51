// SPDX-License-Identifier: MIT
#include "bittensor/neuron/watched_chain.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "bittensor/base/failure_text.h"
#include "bittensor/watch/words.h"

namespace bittensor {

WatchedChain::WatchedChain(std::unique_ptr<Chain> chain, std::string name, Watch& watch)
    : chain_(std::move(chain)), name_(std::move(name)), watch_(watch) {}

void WatchedChain::note(const absl::Status& status, Asked asked) {
  if (absl::IsCancelled(status)) return;  // It is closed: nobody waits any more.
  const bool late = absl::IsDeadlineExceeded(status);
  if (late && asked == Asked::kEvent) return;
  const bool away = late || absl::IsUnavailable(status);
  MutexLock lock(mutex_);
  if (away == away_.has_value()) return;
  if (away) {
    std::string why = failure_text(status);
    Watch::Wait wait = watch_.wait(
        absl::StrCat("the chain at ", name_, " (", why, "; it goes on with whom it knows)"));
    away_.emplace(Away{std::move(wait), watch_.unix_s(), std::move(why)});
    return;
  }
  watch_.add_event(NeuronState::EventKind::kMessage,
                   absl::StrCat("the chain at ", name_, " is there again; it was away for ",
                                time_text(watch_.unix_s() - away_->since_s), ": ", away_->why));
  away_.reset();
}

absl::StatusOr<std::uint64_t> WatchedChain::block(TimePoint deadline) {
  return noted(chain_->block(deadline));
}

absl::StatusOr<std::uint64_t> WatchedChain::next_block(std::uint64_t seen, TimePoint deadline) {
  return noted(chain_->next_block(seen, deadline), Asked::kEvent);
}

absl::StatusOr<std::shared_ptr<const NeuronSnapshot>> WatchedChain::neurons(std::uint16_t netuid,
                                                                            TimePoint deadline) {
  return noted(chain_->neurons(netuid, deadline));
}

absl::StatusOr<SubnetHyperparameters> WatchedChain::hyperparameters(std::uint16_t netuid,
                                                                    TimePoint deadline) {
  return noted(chain_->hyperparameters(netuid, deadline));
}

absl::StatusOr<std::optional<std::uint16_t>> WatchedChain::uid(std::uint16_t netuid,
                                                               const AccountId& hotkey,
                                                               TimePoint deadline) {
  return noted(chain_->uid(netuid, hotkey, deadline));
}

absl::StatusOr<Rao> WatchedChain::balance(const AccountId& account, TimePoint deadline) {
  return noted(chain_->balance(account, deadline));
}

absl::StatusOr<Chain::WorkChallenge> WatchedChain::work_challenge(std::uint16_t netuid,
                                                                  TimePoint deadline) {
  return noted(chain_->work_challenge(netuid, deadline));
}

absl::StatusOr<Rao> WatchedChain::fee(const ChainAction& action, const Signer& signer,
                                      TimePoint deadline) {
  return noted(chain_->fee(action, signer, deadline));
}

absl::StatusOr<Receipt> WatchedChain::submit(const ChainAction& action, const Signer& signer,
                                             TimePoint deadline) {
  return noted(chain_->submit(action, signer, deadline), Asked::kEvent);
}

}  // namespace bittensor
