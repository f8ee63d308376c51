// SPDX-License-Identifier: MIT
#include "bittensor/chain/signer.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace bittensor {

AccountId account_of(const PublicKey& key) {
  AccountId account;
  const absl::string_view bytes = key.bytes();
  std::copy(bytes.begin(), bytes.end(), account.begin());
  return account;
}

absl::string_view bytes_of(const AccountId& account) {
  return {reinterpret_cast<const char*>(account.data()), account.size()};
}

std::string hex_of(const AccountId& account) {
  return absl::BytesToHexString(bytes_of(account));
}

Signer ed25519_signer(const Wallet& wallet) {
  return {KeyScheme::kEd25519, account_of(wallet.key()),
          [&wallet](absl::string_view message) { return wallet.sign(message); }};
}

Signer signer_of(const Account& account) {
  return {account.scheme(), account_of(account.key()),
          [&account](absl::string_view message) { return account.sign(message); }};
}

}  // namespace bittensor
