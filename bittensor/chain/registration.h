// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/chain/chain.h"

namespace bittensor {

// What a user hears before something is paid for or changed, in lines without the last newline;
// not ok: it is not done.
using Confirm = std::function<absl::Status(const std::string& what)>;

// Has `what` confirmed, with who signs, what that account has, what it costs and the fee, and does
// it. `patience` is for each step.
absl::StatusOr<Receipt> submit_if_confirmed(Chain& chain, const ChainAction& action,
                                            const Signer& signer, const std::string& what, Rao cost,
                                            const Confirm& confirm, Duration patience);

// Lines for whoever waits for a proof of work.
using SayProgress = std::function<void(const std::string& line)>;

// Looks for a seal on all cores, for the newest challenge, again and again until it is found.
// kCancelled once `stop` says so, which is asked each second.
//
// If the chain finds the work too little (needs_more_work()), its difficulty has risen or it reads
// seals the other way round, which the next challenge then says: it is worth one more try.
absl::StatusOr<WorkRegistration> find_registration_work(
    Chain& chain, std::uint16_t netuid, const AccountId& hotkey, const AccountId& coldkey,
    const SayProgress& say, const std::function<bool()>& stop, Duration patience);

bool needs_more_work(const absl::Status& refusal);

}  // namespace bittensor
