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
// The file is one line of text, the seed and its public key in hexadecimal:
//   bittensor-key-v1 ed25519 SEED(64 digits) PUBLIC_KEY(64 digits)
//
// Thread-safe: it does not change.
class Wallet {
 public:
  // A new key that is in no file: for tests and simulations.
  static Wallet create();
  // The key that `seed` (32 bytes) gives; kInvalidArgument for another length.
  static absl::StatusOr<Wallet> from_seed(absl::string_view seed);

  // Reads the key file at `path`, or creates it (mode 0600, whole or absent) with its
  // folder. kPermissionDenied names the file if it cannot be read, belongs to another user
  // or others may read it; kDataLoss if its content is damaged.
  static absl::StatusOr<Wallet> load_or_create(const std::string& path);

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
