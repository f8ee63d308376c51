// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/wallet/account.h"
#include "bittensor/wallet/secret.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// The account in `file`. If it is encrypted, `ask` gives its passphrase, and `watch` is told that
// this is waited for. Errors as Account::load(), and those of `ask`.
absl::StatusOr<Account> open_coldkey(
    const std::string& file, Watch& watch,
    const std::function<absl::StatusOr<Secret>(const std::string& prompt)>& ask);

}  // namespace bittensor
