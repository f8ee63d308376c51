// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/secret.h"

namespace bittensor {

// sr25519, the signatures of Substrate's accounts: Schnorr signatures over ristretto255
// (RFC 9496) with the transcript and the context "substrate" of the library schnorrkel. Made and
// checked here as the chain makes and checks them.
//
// The secret is wiped from memory when it goes. Thread-safe: it does not change.
class Sr25519KeyPair {
 public:
  // `seed` is what Substrate calls a mini secret, expanded as ed25519's are.
  // kInvalidArgument unless it has 32 bytes.
  static absl::StatusOr<Sr25519KeyPair> from_seed(absl::string_view seed);

  ~Sr25519KeyPair();
  Sr25519KeyPair(Sr25519KeyPair&&) noexcept;
  Sr25519KeyPair& operator=(Sr25519KeyPair&&) noexcept;
  Sr25519KeyPair(const Sr25519KeyPair&) = delete;
  Sr25519KeyPair& operator=(const Sr25519KeyPair&) = delete;

  std::array<std::uint8_t, 32> public_key() const { return public_key_; }

  // Another one each time. Safe also where the machine's random numbers are not: they are mixed
  // with the secret and the message.
  std::array<std::uint8_t, 64> sign(absl::string_view message) const;

  // The seed of another pair, which follows from this one and `chain_code` (derivation.h).
  Secret hard_child(const std::array<std::uint8_t, 32>& chain_code) const;

 private:
  Sr25519KeyPair() = default;

  std::array<std::uint8_t, 32> public_key_{};
  std::array<std::uint8_t, 32> scalar_{};  // the secret
  std::array<std::uint8_t, 32> nonce_{};   // a second one, of which signatures are made
};

// Whether `signature` over `message` was made with the secret of `public_key`. False for
// anything malformed, and for the key of which everybody knows the secret: zero.
[[nodiscard]] bool sr25519_verify(const std::array<std::uint8_t, 32>& public_key,
                                  absl::string_view message,
                                  const std::array<std::uint8_t, 64>& signature);

}  // namespace bittensor
