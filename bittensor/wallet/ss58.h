// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/wallet/keys.h"

namespace bittensor {

// The prefix of Substrate's chains in general, which Bittensor uses.
inline constexpr std::uint16_t kSs58Prefix = 42;

// SS58 addresses, what people write for an account of a Substrate chain: base58 of the chain's
// prefix, the public key and two bytes of a checksum (docs.substrate.io, "SS58 address format").
// `prefix` is below 16384.
std::string ss58_encode(const std::array<std::uint8_t, 32>& key,
                        std::uint16_t prefix = kSs58Prefix);

// kInvalidArgument, with the reason, if it is none: a wrong letter, length or checksum, or the
// address is of a chain with another prefix.
absl::StatusOr<std::array<std::uint8_t, 32>> ss58_decode(absl::string_view address,
                                                         std::uint16_t prefix = kSs58Prefix);

// The same of keys as the rest of the wallet has them.
std::string ss58_address(const PublicKey& key);
absl::StatusOr<PublicKey> key_of_ss58(absl::string_view address);

}  // namespace bittensor
