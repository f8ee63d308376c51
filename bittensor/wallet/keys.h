// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The name of a neuron and of its synapse: an ed25519 public key (RFC 8032).
class PublicKey {
 public:
  static constexpr std::size_t kSize = 32;

  PublicKey() = default;  // all zero: nobody
  // kInvalidArgument unless `bytes` has 32 bytes.
  static absl::StatusOr<PublicKey> from_bytes(absl::string_view bytes);
  // 64 hexadecimal digits.
  static absl::StatusOr<PublicKey> from_hex(absl::string_view hex);

  absl::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  std::string hex() const;
  // The first 8 digits: for logs and tables.
  std::string short_hex() const { return hex().substr(0, 8); }
  bool is_zero() const { return *this == PublicKey(); }

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const PublicKey& a, const PublicKey& b) { return !(a == b); }
  friend bool operator<(const PublicKey& a, const PublicKey& b) { return a.bytes_ < b.bytes_; }
  template <typename H>
  friend H AbslHashValue(H h, const PublicKey& key) {
    return H::combine(std::move(h), key.bytes_);
  }

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

// Whether `signature` (64 bytes) over `message` was made with the secret key of `signer`.
// False for anything malformed.
[[nodiscard]] bool verify(const PublicKey& signer, absl::string_view message,
                          absl::string_view signature);

}  // namespace bittensor
