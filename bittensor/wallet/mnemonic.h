// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/secret.h"

namespace bittensor {

// Phrases of words that people can write down and that stand for a key: BIP-39 in English, and
// the way to a seed that Substrate's wallets go, which is not that of Bitcoin's.

// A new phrase of `words` words: 12, 15, 18, 21 or 24; kInvalidArgument for another number.
absl::StatusOr<Secret> make_mnemonic(int words = 12);

// The phrase that stands for `entropy`: 16, 20, 24, 28 or 32 bytes. kInvalidArgument for others.
absl::StatusOr<Secret> mnemonic_of(absl::string_view entropy);

// What `phrase` stands for, the words between any white space. kInvalidArgument, without a word
// of it in the message, if their number is wrong, one is not in the list, or the checksum, which
// finds 15 of 16 mistakes, does not hold.
absl::StatusOr<Secret> entropy_of(absl::string_view phrase);

// The seed (32 bytes) of `phrase` and `password`, as in substrate-bip39: PBKDF2-HMAC-SHA512 of
// the entropy, 2,048 rounds. Errors as entropy_of(); kInvalidArgument for a password that is not
// ASCII, which would need Unicode's NFKD. Takes some milliseconds.
absl::StatusOr<Secret> seed_of_mnemonic(absl::string_view phrase, absl::string_view password = {});

}  // namespace bittensor
