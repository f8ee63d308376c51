// SPDX-License-Identifier: MIT
#include "bittensor/wallet/wallet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <sodium.h>

#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/private_file.h"
#include "bittensor/wallet/sodium.h"

namespace bittensor {
namespace {

constexpr absl::string_view kFileHeader = "bittensor-key-v1 ed25519 ";
constexpr std::size_t kSeedDigits = 2 * crypto_sign_SEEDBYTES;
constexpr std::size_t kFileSize = kFileHeader.size() + kSeedDigits + 1 + 2 * PublicKey::kSize + 1;

// A string whose secret content does not outlive it.
struct Secret {
  explicit Secret(std::string text) : value(std::move(text)) {}
  ~Secret() { sodium_memzero(value.data(), value.size()); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  std::string value;
};

absl::Status damaged(const std::string& path, absl::string_view why) {
  return absl::DataLossError(absl::StrCat("key file ", path, " is damaged (", why,
                                          "): restore it from a copy, or move it away for a new "
                                          "key and thereby a new neuron"));
}

std::string file_content(absl::string_view seed, const PublicKey& key) {
  return absl::StrCat(kFileHeader, absl::BytesToHexString(seed), " ", key.hex(), "\n");
}

absl::StatusOr<Wallet> parse(const std::string& path, absl::string_view content) {
  if (!absl::StartsWith(content, kFileHeader)) {
    return damaged(path, absl::StrCat("it does not start with \"", kFileHeader, "\""));
  }
  if (content.size() != kFileSize) {
    return damaged(path, absl::StrCat(content.size(), " bytes instead of ", kFileSize));
  }
  const absl::string_view digits = content.substr(kFileHeader.size(), kSeedDigits);
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
    return damaged(path, "the secret is not hexadecimal");
  }
  const Secret seed(absl::HexStringToBytes(digits));
  BITTENSOR_ASSIGN_OR_RETURN(Wallet wallet, Wallet::from_seed(seed.value));
  const Secret expected(file_content(seed.value, wallet.key()));
  if (content != expected.value) return damaged(path, "the public key is not that of the secret");
  return wallet;
}

absl::StatusOr<Wallet> load(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(std::string text, read_private_file(path, kFileSize));
  const Secret content(std::move(text));
  return parse(path, content.value);
}

}  // namespace

Wallet Wallet::create() {
  internal::ensure_sodium();
  Secret seed(std::string(crypto_sign_SEEDBYTES, '\0'));
  randombytes_buf(seed.value.data(), seed.value.size());
  return *from_seed(seed.value);
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

absl::StatusOr<Wallet> Wallet::load_or_create(const std::string& path) {
  absl::StatusOr<Wallet> existing = load(path);
  if (!absl::IsNotFound(existing.status())) return existing;

  const Wallet created = create();
  // libsodium's secret key is the seed followed by the public key.
  const Secret content(
      file_content({reinterpret_cast<const char*>(created.secret_.data()), crypto_sign_SEEDBYTES},
                   created.key()));
  const absl::Status status = create_private_file(path, content.value);
  // Somebody else may have created it meanwhile: then theirs is the key.
  if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
  return load(path);
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
  if (!good) return absl::InvalidArgumentError(peer.short_hex() + " is no public key");
  return shared;
}

}  // namespace bittensor
