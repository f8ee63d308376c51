// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/keys.h"

namespace bittensor {

// The identity of a neuron: its ed25519 key pair. Whoever has the file is the
// neuron, so it is readable by its owner only. The secret is wiped from memory
// when the wallet goes.
//
// key_file.h describes the file, which may be encrypted with a passphrase.
//
// Thread-safe: it does not change.
class Wallet {
 public:
  // A new key that is in no file: for tests and simulations.
  static Wallet create();
  // The key that `seed` (32 bytes) gives; kInvalidArgument for another length.
  static absl::StatusOr<Wallet> from_seed(absl::string_view seed);

  // Reads the key file at `path`. kNotFound if there is none; kPermissionDenied names the file
  // if it cannot be read, belongs to another user, others may read it, or its passphrase is
  // missing or wrong; kDataLoss if its content is damaged; kFailedPrecondition if it holds a key
  // of another scheme (account.h). A file that is not encrypted needs
  // no passphrase, and takes any.
  static absl::StatusOr<Wallet> load(const std::string& path, absl::string_view passphrase = {});

  // The same, but creates the file (mode 0600, whole or absent) with its folder if there is
  // none; encrypted, if `passphrase` is not empty.
  static absl::StatusOr<Wallet> load_or_create(const std::string& path,
                                               absl::string_view passphrase = {});

  // Writes the key into a new file. kAlreadyExists if something has the name.
  absl::Status save(const std::string& path, absl::string_view passphrase = {}) const;

  ~Wallet();
  Wallet(Wallet&&) noexcept;
  Wallet& operator=(Wallet&&) noexcept;
  Wallet(const Wallet&) = delete;
  Wallet& operator=(const Wallet&) = delete;

  const PublicKey& key() const { return key_; }

  // 64 bytes.
  std::string sign(absl::string_view message) const;

  // The secret of 32 bytes that only this neuron and `peer` can compute: X25519 (RFC 7748) of
  // their two keys. To be used through PairKeys. kInvalidArgument if `peer` is no key of
  // anybody's: not a point of the curve, or of small order.
  absl::StatusOr<std::string> agree(const PublicKey& peer) const;

 private:
  Wallet() = default;

  PublicKey key_;
  std::array<std::uint8_t, 64> secret_{};
};

}  // namespace bittensor
