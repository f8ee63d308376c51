// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/key_scheme.h"
#include "bittensor/wallet/keys.h"
#include "bittensor/wallet/secret.h"
#include "bittensor/wallet/sr25519.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// A key pair of either scheme, as accounts of a chain have: a coldkey, which owns and pays and is
// kept where no neuron runs, or a hotkey, which a neuron signs with. A Wallet is an ed25519
// account, and its file is one's of that account.
//
// Thread-safe: it does not change.
class Account {
 public:
  // A new key that is in no file.
  static Account create(KeyScheme scheme);
  // kInvalidArgument unless `seed` has 32 bytes.
  static absl::StatusOr<Account> from_seed(KeyScheme scheme, absl::string_view seed);
  // Errors as Wallet::load().
  static absl::StatusOr<Account> load(const std::string& path, absl::string_view passphrase = {});

  // Writes the key into a new file. kAlreadyExists if something has the name.
  absl::Status save(const std::string& path, absl::string_view passphrase = {}) const;

  KeyScheme scheme() const;
  const PublicKey& key() const { return key_; }
  // The key as an address of Bittensor's chain (ss58.h).
  std::string ss58() const;

  // 64 bytes.
  std::string sign(absl::string_view message) const;

 private:
  using Pair = std::variant<Wallet, Sr25519KeyPair>;
  Account(Secret seed, PublicKey key, Pair pair);

  Secret seed_;
  PublicKey key_;
  Pair pair_;
};

// Whether `signature` over `message` was made with the secret of `key`. False for anything
// malformed.
[[nodiscard]] bool verify(KeyScheme scheme, const PublicKey& key, absl::string_view message,
                          absl::string_view signature);

}  // namespace bittensor
