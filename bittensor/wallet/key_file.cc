// SPDX-License-Identifier: MIT
#include "bittensor/wallet/key_file.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <sodium.h>

#include "bittensor/base/hex.h"
#include "bittensor/base/sodium.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/wallet/account.h"
#include "bittensor/wallet/private_file.h"

namespace bittensor {
namespace {

// How a file begins, by scheme and whether it is encrypted.
struct Start {
  KeyScheme scheme;
  bool encrypted;
  absl::string_view text;
};
constexpr std::array<Start, 4> kStarts{{
    {KeyScheme::kEd25519, false, "bittensor-key-v1 ed25519 "},
    {KeyScheme::kEd25519, true, "bittensor-key-v1 ed25519-encrypted "},
    {KeyScheme::kSr25519, false, "bittensor-key-v1 sr25519 "},
    {KeyScheme::kSr25519, true, "bittensor-key-v1 sr25519-encrypted "},
}};
constexpr std::size_t kSeedDigits = 2 * crypto_sign_SEEDBYTES;
constexpr std::size_t kMaxSize = 1024;  // more than an encrypted one has

// libsodium's "moderate". A file that asks for more than the most is damaged.
constexpr std::size_t kPasses = crypto_pwhash_OPSLIMIT_MODERATE;
constexpr std::size_t kKibibytes = crypto_pwhash_MEMLIMIT_MODERATE / 1024;
constexpr std::size_t kMostPasses = 16;
constexpr std::size_t kMostKibibytes = 1024 * 1024;

absl::Status damaged(const std::string& path, absl::string_view why) {
  return absl::DataLossError(absl::StrCat("key file ", path, " is damaged (", why,
                                          "): restore it from a copy, or move it away for a new "
                                          "key and thereby a new neuron"));
}

absl::string_view start_of(KeyScheme scheme, bool encrypted) {
  for (const Start& start : kStarts) {
    if (start.scheme == scheme && start.encrypted == encrypted) return start.text;
  }
  return {};
}

// What `content` begins with; null if it is nothing of ours.
const Start* start_in(absl::string_view content) {
  for (const Start& start : kStarts) {
    if (absl::StartsWith(content, start.text)) return &start;
  }
  return nullptr;
}

Secret plain_text(KeyScheme scheme, absl::string_view seed, const PublicKey& key) {
  const absl::string_view start = start_of(scheme, /*encrypted=*/false);
  Secret text(start);
  text.resize(start.size() + kSeedDigits + 1);  // with room for a zero
  sodium_bin2hex(text.data() + start.size(), kSeedDigits + 1, internal::bytes_of(seed),
                 seed.size());
  text.resize(start.size() + kSeedDigits);
  text.append(absl::StrCat(" ", key.hex(), "\n"));
  return text;
}

// What stands in the line of an encrypted file.
struct Box {
  std::size_t passes = kPasses;
  std::size_t kibibytes = kKibibytes;
  std::string salt = std::string(crypto_pwhash_SALTBYTES, '\0');
  std::string nonce = std::string(crypto_secretbox_NONCEBYTES, '\0');
  std::string sealed = std::string(crypto_sign_SEEDBYTES + crypto_secretbox_MACBYTES, '\0');
  PublicKey key;
};

absl::StatusOr<Secret> hash_of(absl::string_view passphrase, const Box& box) {
  Secret key(crypto_secretbox_KEYBYTES);
  if (crypto_pwhash(key.bytes(), key.size(), passphrase.data(), passphrase.size(),
                    internal::bytes_of(absl::string_view(box.salt)), box.passes,
                    box.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no memory to read the passphrase: ", box.kibibytes / 1024, " MiB are needed"));
  }
  return key;
}

absl::StatusOr<std::string> encrypted_text(KeyScheme scheme, absl::string_view seed,
                                           const PublicKey& key, absl::string_view passphrase) {
  Box box;
  randombytes_buf(box.salt.data(), box.salt.size());
  randombytes_buf(box.nonce.data(), box.nonce.size());
  BITTENSOR_ASSIGN_OR_RETURN(const Secret secret, hash_of(passphrase, box));
  crypto_secretbox_easy(internal::bytes_of(box.sealed), internal::bytes_of(seed), seed.size(),
                        internal::bytes_of(absl::string_view(box.nonce)), secret.bytes());
  return absl::StrCat(start_of(scheme, true), box.passes, " ", box.kibibytes, " ",
                      absl::BytesToHexString(box.salt), " ", absl::BytesToHexString(box.nonce), " ",
                      absl::BytesToHexString(box.sealed), " ", key.hex(), "\n");
}

// `bytes` has the size that is expected.
bool from_hex(absl::string_view digits, std::string& bytes) {
  const std::optional<std::string> parsed = hex_to_bytes(digits);
  if (!parsed || parsed->size() != bytes.size()) return false;
  bytes = *parsed;
  return true;
}

absl::StatusOr<Box> parse_box(const std::string& path, absl::string_view content) {
  if (!absl::ConsumeSuffix(&content, "\n")) return damaged(path, "it is cut short");
  const std::vector<absl::string_view> fields = absl::StrSplit(content, ' ');
  Box box;
  if (fields.size() != 6 || !absl::SimpleAtoi(fields[0], &box.passes) ||
      !absl::SimpleAtoi(fields[1], &box.kibibytes) || !from_hex(fields[2], box.salt) ||
      !from_hex(fields[3], box.nonce) || !from_hex(fields[4], box.sealed)) {
    return damaged(path, "a field is missing or not of its form");
  }
  if (box.passes < 1 || box.passes > kMostPasses || box.kibibytes > kMostKibibytes ||
      box.kibibytes * 1024 < crypto_pwhash_MEMLIMIT_MIN) {
    return damaged(path, "its passes or memory are out of range");
  }
  const auto key = PublicKey::from_hex(fields[5]);
  if (!key.ok()) return damaged(path, "the public key is not valid");
  box.key = *key;
  return box;
}

absl::StatusOr<Secret> open_box(const std::string& path, const Box& box,
                                absl::string_view passphrase) {
  if (passphrase.empty()) {
    return absl::PermissionDeniedError(
        absl::StrCat("key file ", path,
                     " is encrypted: give its passphrase with --passphrase_file or in the "
                     "environment as BITTENSOR_PASSPHRASE"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Secret secret, hash_of(passphrase, box));
  Secret seed(crypto_sign_SEEDBYTES);
  if (crypto_secretbox_open_easy(
          seed.bytes(), internal::bytes_of(absl::string_view(box.sealed)), box.sealed.size(),
          internal::bytes_of(absl::string_view(box.nonce)), secret.bytes()) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("key file ", path,
                     " does not open: the passphrase is wrong, or the file is "
                     "damaged"));
  }
  return seed;
}

absl::StatusOr<Secret> parse_plain(const std::string& path, absl::string_view content) {
  if (content.size() < kSeedDigits) return damaged(path, "it is cut short");
  Secret seed(crypto_sign_SEEDBYTES);
  if (sodium_hex2bin(seed.bytes(), seed.size(), content.data(), kSeedDigits, nullptr, nullptr,
                     nullptr) != 0) {
    return damaged(path, "the secret is not hexadecimal");
  }
  return seed;
}

absl::StatusOr<PublicKey> key_of(KeyScheme scheme, const Secret& seed) {
  BITTENSOR_ASSIGN_OR_RETURN(const Account account, Account::from_seed(scheme, seed.view()));
  return account.key();
}

// A file that was read, up to its start.
struct Opened {
  Secret content;
  const Start& start;

  absl::string_view rest() const { return content.view().substr(start.text.size()); }
};

absl::StatusOr<Opened> open_file(const std::string& path) {
  internal::ensure_sodium();
  BITTENSOR_ASSIGN_OR_RETURN(Secret content, read_private_file(path, kMaxSize));
  const Start* const start = start_in(content.view());
  if (start == nullptr) {
    return damaged(path, absl::StrCat("it does not start with \"", kStarts[0].text, "\""));
  }
  return Opened{std::move(content), *start};
}

}  // namespace

absl::StatusOr<KeyFileInfo> inspect_key_file(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const Opened file, open_file(path));
  if (file.start.encrypted) {
    BITTENSOR_ASSIGN_OR_RETURN(const Box box, parse_box(path, file.rest()));
    return KeyFileInfo{box.key, true, file.start.scheme};
  }
  BITTENSOR_ASSIGN_OR_RETURN(const Secret seed, parse_plain(path, file.rest()));
  BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, key_of(file.start.scheme, seed));
  return KeyFileInfo{key, false, file.start.scheme};
}

namespace internal {

absl::Status create_key_file(const std::string& path, KeyScheme scheme, absl::string_view seed,
                             const PublicKey& key, absl::string_view passphrase) {
  ensure_sodium();
  if (passphrase.empty()) return create_private_file(path, plain_text(scheme, seed, key).view());
  BITTENSOR_ASSIGN_OR_RETURN(const std::string text, encrypted_text(scheme, seed, key, passphrase));
  return create_private_file(path, text);
}

absl::StatusOr<KeyFile> read_key_file(const std::string& path, absl::string_view passphrase) {
  BITTENSOR_ASSIGN_OR_RETURN(const Opened file, open_file(path));
  KeyFile read{file.start.scheme, {}};
  if (file.start.encrypted) {
    BITTENSOR_ASSIGN_OR_RETURN(const Box box, parse_box(path, file.rest()));
    BITTENSOR_ASSIGN_OR_RETURN(read.seed, open_box(path, box, passphrase));
    BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, key_of(read.scheme, read.seed));
    if (key == box.key) return read;
  } else {
    BITTENSOR_ASSIGN_OR_RETURN(read.seed, parse_plain(path, file.rest()));
    BITTENSOR_ASSIGN_OR_RETURN(const PublicKey key, key_of(read.scheme, read.seed));
    const Secret expected = plain_text(read.scheme, read.seed.view(), key);
    if (file.content.view() == expected.view()) return read;
    if (file.content.size() != expected.size()) {
      return damaged(path,
                     absl::StrCat(file.content.size(), " bytes instead of ", expected.size()));
    }
  }
  return damaged(path, "the public key is not that of the secret");
}

}  // namespace internal
}  // namespace bittensor
