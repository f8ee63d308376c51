// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

#include "bittensor/wallet/account.h"
#include "bittensor/wallet/key_scheme.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {

// Who has a balance on a chain: a public key.
using AccountId = std::array<std::uint8_t, 32>;

AccountId account_of(const PublicKey& key);
std::string hex_of(const AccountId& account);
absl::string_view bytes_of(const AccountId& account);

// Signs for one account.
//
// Thread-safe, as its function must be.
struct Signer {
  KeyScheme scheme = KeyScheme::kEd25519;
  AccountId account{};
  std::function<std::string(absl::string_view message)> sign;  // 64 bytes
};

// Signs with a neuron's key, its hotkey. `wallet` must outlive it.
Signer ed25519_signer(const Wallet& wallet);
// Signs with a key of either scheme. `account` must outlive it.
Signer signer_of(const Account& account);

}  // namespace bittensor
