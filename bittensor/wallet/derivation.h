// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/key_scheme.h"
#include "bittensor/wallet/secret.h"

namespace bittensor {

// The seed of the key at `path` below that of `seed` (32 bytes), as Substrate's wallets derive
// it: "//Alice", "//hotkey//0"; an empty path is `seed` itself. Who has a derived key does not
// learn the others. kInvalidArgument if the path is not of that form, a part of it is empty or
// longer than 1,024 bytes, or is a number of 2^64 or more, which wallets understand in two ways.
//
// Only hard parts ("//"), not soft ones ("/"), which ed25519 has not.
absl::StatusOr<Secret> derive_seed(KeyScheme scheme, absl::string_view seed,
                                   absl::string_view path);

}  // namespace bittensor
