// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/key_scheme.h"
#include "bittensor/wallet/keys.h"
#include "bittensor/wallet/secret.h"

namespace bittensor {

// What can be seen of a key file without its passphrase.
struct KeyFileInfo {
  PublicKey key;  // as the file says: it is checked when the key is used
  bool encrypted = false;
  KeyScheme scheme = KeyScheme::kEd25519;
};

// Errors as Wallet::load().
absl::StatusOr<KeyFileInfo> inspect_key_file(const std::string& path);

namespace internal {

// A key file is one line of text, in plain
//   bittensor-key-v1 ed25519 SEED PUBLIC_KEY
// or, with a passphrase,
//   bittensor-key-v1 ed25519-encrypted PASSES KIBIBYTES SALT NONCE BOX PUBLIC_KEY
// and with "sr25519" in place of "ed25519" for a key of that scheme;
// all but PASSES and KIBIBYTES in hexadecimal. BOX is the seed (32 bytes) in libsodium's
// secretbox (XSalsa20-Poly1305), its key the argon2id hash of the passphrase with the salt, so
// many passes and so much memory. An empty passphrase is none.

// Writes it, whole or not at all, for its owner only. kAlreadyExists if something has the name.
absl::Status create_key_file(const std::string& path, KeyScheme scheme, absl::string_view seed,
                             const PublicKey& key, absl::string_view passphrase);

struct KeyFile {
  KeyScheme scheme = KeyScheme::kEd25519;
  Secret seed;  // 32 bytes
};

// What it holds. kNotFound if there is no file, kPermissionDenied if it is not private or
// the passphrase is missing or wrong, kDataLoss if it is damaged. Takes a second and 256 MiB
// if it is encrypted.
absl::StatusOr<KeyFile> read_key_file(const std::string& path, absl::string_view passphrase);

}  // namespace internal
}  // namespace bittensor
