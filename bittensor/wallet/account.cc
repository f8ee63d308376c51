// SPDX-License-Identifier: MIT
#include "bittensor/wallet/account.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/key_file.h"
#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

// `bytes` has n bytes.
template <std::size_t n>
std::array<std::uint8_t, n> array_of(absl::string_view bytes) {
  std::array<std::uint8_t, n> array{};
  std::copy_n(bytes.begin(), n, array.begin());
  return array;
}

template <std::size_t n>
std::string text_of(const std::array<std::uint8_t, n>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Account::Account(Secret seed, PublicKey key, Pair pair)
    : seed_(std::move(seed)), key_(key), pair_(std::move(pair)) {}

Account Account::create(KeyScheme scheme) {
  internal::ensure_sodium();
  Secret seed(32);
  randombytes_buf(seed.data(), seed.size());
  return *from_seed(scheme, seed.view());
}

absl::StatusOr<Account> Account::from_seed(KeyScheme scheme, absl::string_view seed) {
  if (scheme == KeyScheme::kEd25519) {
    BITTENSOR_ASSIGN_OR_RETURN(Wallet wallet, Wallet::from_seed(seed));
    const PublicKey key = wallet.key();
    return Account(Secret(seed), key, std::move(wallet));
  }
  BITTENSOR_ASSIGN_OR_RETURN(Sr25519KeyPair pair, Sr25519KeyPair::from_seed(seed));
  const PublicKey key = *PublicKey::from_bytes(text_of(pair.public_key()));
  return Account(Secret(seed), key, std::move(pair));
}

absl::StatusOr<Account> Account::load(const std::string& path, absl::string_view passphrase) {
  BITTENSOR_ASSIGN_OR_RETURN(const internal::KeyFile file,
                             internal::read_key_file(path, passphrase));
  return from_seed(file.scheme, file.seed.view());
}

absl::Status Account::save(const std::string& path, absl::string_view passphrase) const {
  return internal::create_key_file(path, scheme(), seed_.view(), key_, passphrase);
}

KeyScheme Account::scheme() const {
  return std::holds_alternative<Wallet>(pair_) ? KeyScheme::kEd25519 : KeyScheme::kSr25519;
}

std::string Account::ss58() const {
  return ss58_address(key_);
}

std::string Account::sign(absl::string_view message) const {
  if (const auto* const wallet = std::get_if<Wallet>(&pair_)) return wallet->sign(message);
  return text_of(std::get<Sr25519KeyPair>(pair_).sign(message));
}

bool verify(KeyScheme scheme, const PublicKey& key, absl::string_view message,
            absl::string_view signature) {
  if (scheme == KeyScheme::kEd25519) return verify(key, message, signature);
  if (signature.size() != 64) return false;
  return sr25519_verify(array_of<32>(key.bytes()), message, array_of<64>(signature));
}

}  // namespace bittensor
