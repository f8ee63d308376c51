// SPDX-License-Identifier: MIT
//
// Where passphrases come from: a file, the environment, a terminal. Never the command line, which
// every user of a machine can read.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "bittensor/wallet/secret.h"

namespace bittensor {

// The first line of the file at `path`, which must be private (private_file.h); without a path
// what the environment says in BITTENSOR_PASSPHRASE; empty if it says nothing.
absl::StatusOr<Secret> read_passphrase(const std::string& path);

// The phrase of words (mnemonic.h) in the file at `path`, which must be private; without a path
// asked for at the terminal. Errors as read_passphrase() and ask_passphrase().
absl::StatusOr<Secret> read_phrase(const std::string& path);

// Asks at the terminal, which does not show what is typed. With `twice` asks again, and fails
// with kInvalidArgument if the answers differ. kFailedPrecondition if there is no terminal.
// Blocks for the user.
absl::StatusOr<Secret> ask_passphrase(const std::string& prompt, bool twice);

}  // namespace bittensor
