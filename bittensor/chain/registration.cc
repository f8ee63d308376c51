// SPDX-License-Identifier: MIT
#include "bittensor/chain/registration.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/chain/subtensor/pow.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

// The chain takes a seal for one of its last three blocks.
constexpr std::uint64_t kChallengeBlocks = 2;

TimePoint after(Duration patience) {
  return std::chrono::steady_clock::now() + patience;
}

}  // namespace

absl::StatusOr<Receipt> submit_if_confirmed(Chain& chain, const ChainAction& action,
                                            const Signer& signer, const std::string& what, Rao cost,
                                            const Confirm& confirm, Duration patience) {
  BITTENSOR_ASSIGN_OR_RETURN(const Rao fee, chain.fee(action, signer, after(patience)));
  BITTENSOR_ASSIGN_OR_RETURN(const Rao balance, chain.balance(signer.account, after(patience)));
  BITTENSOR_RETURN_IF_ERROR(confirm(absl::StrCat(what, "\nsigned by ", ss58_encode(signer.account),
                                                 ", which has ", tao_text(balance), "\ncosts ",
                                                 tao_text(cost), " and a fee of ", tao_text(fee))));
  return chain.submit(action, signer, after(patience));
}

bool needs_more_work(const absl::Status& refusal) {
  return absl::IsFailedPrecondition(refusal) &&
         absl::StrContains(refusal.message(), "InvalidDifficulty");
}

absl::StatusOr<WorkRegistration> find_registration_work(
    Chain& chain, std::uint16_t netuid, const AccountId& hotkey, const AccountId& coldkey,
    const SayProgress& say, const std::function<bool()>& stop, Duration patience) {
  while (true) {
    BITTENSOR_ASSIGN_OR_RETURN(const Chain::WorkChallenge challenge,
                               chain.work_challenge(netuid, after(patience)));
    PowTask task;
    std::copy(challenge.block_hash.begin(), challenge.block_hash.end(), task.block_hash.begin());
    task.hotkey = hotkey;
    task.difficulty = challenge.difficulty;
    task.big_endian = challenge.big_endian;
    std::atomic<bool> cancelled{false};
    PowOptions pow;
    pow.on_progress = [&](const PowProgress& progress) {
      const double seconds = std::chrono::duration<double>(progress.time).count();
      const double millions = static_cast<double>(progress.tried) / 1e6;
      say(
          absl::StrFormat("works on block %d: %.1f million seals, %.2f million a second; about "
                          "%.1f million are needed",
                          challenge.block, millions, millions / seconds,
                          static_cast<double>(challenge.difficulty) / 1e6));
      const auto block = chain.block(after(patience));
      cancelled = stop() || (block.ok() && *block > challenge.block + kChallengeBlocks);
    };
    const absl::StatusOr<PowSolution> solution = solve_pow(task, pow, cancelled);
    if (stop()) return absl::CancelledError("stopped before the proof of work was found");
    if (absl::IsCancelled(solution.status())) continue;
    BITTENSOR_RETURN_IF_ERROR(solution.status());
    return WorkRegistration{
        netuid,          challenge.block,
        solution->nonce, std::string(solution->seal.begin(), solution->seal.end()),
        hotkey,          coldkey};
  }
}

}  // namespace bittensor
