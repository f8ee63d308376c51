// SPDX-License-Identifier: MIT
#include "bittensor/wallet/keys.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <sodium.h>

#include "bittensor/base/hex.h"
#include "bittensor/base/sodium.h"

namespace bittensor {

absl::StatusOr<PublicKey> PublicKey::from_bytes(absl::string_view bytes) {
  if (bytes.size() != kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a public key has ", kSize, " bytes, not ", bytes.size()));
  }
  PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.bytes_.begin());
  return key;
}

absl::StatusOr<PublicKey> PublicKey::from_hex(absl::string_view hex) {
  const std::optional<std::string> parsed = hex_to_bytes(hex);
  if (!parsed || parsed->size() != kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a public key is ", 2 * kSize, " hexadecimal digits"));
  }
  return from_bytes(*parsed);
}

std::string PublicKey::hex() const {
  return absl::BytesToHexString(bytes());
}

bool verify(const PublicKey& signer, absl::string_view message, absl::string_view signature) {
  if (signature.size() != crypto_sign_BYTES) return false;
  internal::ensure_sodium();
  // libsodium refuses keys of small order, for which anybody can make signatures.
  return crypto_sign_verify_detached(
             reinterpret_cast<const unsigned char*>(signature.data()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(),
             reinterpret_cast<const unsigned char*>(signer.bytes().data())) == 0;
}

}  // namespace bittensor
