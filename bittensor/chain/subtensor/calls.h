// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "bittensor/chain/action.h"
#include "bittensor/chain/subtensor/metadata.h"

namespace bittensor {

// The call of a runtime that does `action` for `signer`, in SCALE. Errors of encode_call().
absl::StatusOr<std::string> call_for(const Metadata& metadata, const ChainAction& action,
                                     const AccountId& signer);

// What a commit shows of an update: 32 bytes.
std::string weights_commit_hash(const AccountId& hotkey, const WeightsUpdate& update,
                                const std::vector<std::uint16_t>& salt);

}  // namespace bittensor
