// SPDX-License-Identifier: MIT
#include "bittensor/wallet/wallet.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/key_file.h"

namespace bittensor {

Wallet Wallet::create() {
  internal::ensure_sodium();
  Secret seed(crypto_sign_SEEDBYTES);
  randombytes_buf(seed.data(), seed.size());
  return *from_seed(seed.view());
}

absl::StatusOr<Wallet> Wallet::from_seed(absl::string_view seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return absl::InvalidArgumentError(
        absl::StrCat("a seed has ", crypto_sign_SEEDBYTES, " bytes, not ", seed.size()));
  }
  internal::ensure_sodium();
  Wallet wallet;
  std::array<unsigned char, PublicKey::kSize> key{};
  crypto_sign_seed_keypair(key.data(), wallet.secret_.data(),
                           reinterpret_cast<const unsigned char*>(seed.data()));
  wallet.key_ = *PublicKey::from_bytes({reinterpret_cast<const char*>(key.data()), key.size()});
  return wallet;
}

absl::StatusOr<Wallet> Wallet::load(const std::string& path, absl::string_view passphrase) {
  BITTENSOR_ASSIGN_OR_RETURN(const internal::KeyFile file,
                             internal::read_key_file(path, passphrase));
  if (file.scheme != KeyScheme::kEd25519) {
    return absl::FailedPreconditionError(absl::StrCat(
        "key file ", path, " holds an sr25519 key, an account's: a neuron's key is ed25519"));
  }
  return from_seed(file.seed.view());
}

absl::StatusOr<Wallet> Wallet::load_or_create(const std::string& path,
                                              absl::string_view passphrase) {
  absl::StatusOr<Wallet> existing = load(path, passphrase);
  if (!absl::IsNotFound(existing.status())) return existing;
  const absl::Status status = create().save(path, passphrase);
  // Somebody else may have created it meanwhile: then theirs is the key.
  if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
  return load(path, passphrase);
}

absl::Status Wallet::save(const std::string& path, absl::string_view passphrase) const {
  // libsodium's secret key is the seed followed by the public key.
  const absl::string_view seed(reinterpret_cast<const char*>(secret_.data()),
                               crypto_sign_SEEDBYTES);
  return internal::create_key_file(path, KeyScheme::kEd25519, seed, key_, passphrase);
}

Wallet::~Wallet() {
  sodium_memzero(secret_.data(), secret_.size());
}

Wallet::Wallet(Wallet&& other) noexcept {
  *this = std::move(other);
}

Wallet& Wallet::operator=(Wallet&& other) noexcept {
  if (this == &other) return *this;
  key_ = other.key_;
  secret_ = other.secret_;
  other.key_ = PublicKey();
  sodium_memzero(other.secret_.data(), other.secret_.size());
  return *this;
}

std::string Wallet::sign(absl::string_view message) const {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                       secret_.data());
  return signature;
}

absl::StatusOr<std::string> Wallet::agree(const PublicKey& peer) const {
  internal::ensure_sodium();
  std::array<unsigned char, crypto_scalarmult_BYTES> theirs{};
  std::array<unsigned char, crypto_scalarmult_SCALARBYTES> ours{};
  std::string shared(crypto_scalarmult_BYTES, '\0');
  // libsodium refuses points that are not of the prime order, and a product of zeros.
  const auto* const point = reinterpret_cast<const unsigned char*>(peer.bytes().data());
  bool good = crypto_sign_ed25519_pk_to_curve25519(theirs.data(), point) == 0;
  good = good && crypto_sign_ed25519_sk_to_curve25519(ours.data(), secret_.data()) == 0;
  good = good && crypto_scalarmult(reinterpret_cast<unsigned char*>(shared.data()), ours.data(),
                                   theirs.data()) == 0;
  sodium_memzero(ours.data(), ours.size());
  if (!good) return absl::InvalidArgumentError(peer.short_hex() + " is not a public key");
  return shared;
}

}  // namespace bittensor
