// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "bittensor/wallet/keys.h"

namespace bittensor {

// The keys that `text` names: it is one, as 64 hexadecimal digits, or a file of them, one a line,
// where # begins a comment. kInvalidArgument names the file and the line that is none.
absl::StatusOr<std::set<PublicKey>> keys_in(const std::string& text);

}  // namespace bittensor
