// SPDX-License-Identifier: MIT
#include "bittensor/wallet/sr25519.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include <sodium.h>

#include "bittensor/base/sodium.h"
#include "bittensor/wallet/transcript.h"

namespace bittensor {
namespace {

using Bytes32 = std::array<std::uint8_t, 32>;
using Bytes64 = std::array<std::uint8_t, 64>;

// Tells signatures of this scheme from those of ed25519, in a bit that a scalar leaves free.
constexpr std::uint8_t kMark = 0x80;

absl::string_view view_of(const Bytes32& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Transcript signing_transcript(absl::string_view message, const Bytes32& public_key) {
  Transcript transcript("SigningContext");
  transcript.append("", "substrate");
  transcript.append("sign-bytes", message);
  transcript.append("proto-name", "Schnorr-sig");
  transcript.append("sign:pk", view_of(public_key));
  return transcript;
}

Bytes32 challenge_of(Transcript& transcript, const Bytes32& commitment) {
  transcript.append("sign:R", view_of(commitment));
  Bytes64 wide{};
  transcript.challenge("sign:c", wide.data(), wide.size());
  Bytes32 challenge{};
  crypto_core_ristretto255_scalar_reduce(challenge.data(), wide.data());
  return challenge;
}

// An ed25519 secret, a multiple of 8, by 8: ristretto255 has no cofactor to clear.
void divide_by_cofactor(Bytes32& scalar) {
  unsigned carried = 0;
  for (std::size_t i = scalar.size(); i-- > 0;) {
    const unsigned byte = scalar[i] | carried << 8;
    scalar[i] = static_cast<std::uint8_t>(byte >> 3);
    carried = byte & 7;
  }
}

bool is_reduced(const Bytes32& scalar) {
  const Bytes32 zero{};
  Bytes32 reduced{};
  crypto_core_ristretto255_scalar_add(reduced.data(), scalar.data(), zero.data());
  return reduced == scalar;
}

}  // namespace

absl::StatusOr<Sr25519KeyPair> Sr25519KeyPair::from_seed(absl::string_view seed) {
  if (seed.size() != 32) {
    return absl::InvalidArgumentError(absl::StrCat("a seed has 32 bytes, not ", seed.size()));
  }
  internal::ensure_sodium();
  Secret hash(crypto_hash_sha512_BYTES);
  crypto_hash_sha512(hash.bytes(), internal::bytes_of(seed), seed.size());
  Sr25519KeyPair pair;
  std::copy_n(hash.bytes(), 32, pair.scalar_.begin());
  std::copy_n(hash.bytes() + 32, 32, pair.nonce_.begin());
  pair.scalar_[0] &= 248;
  pair.scalar_[31] = static_cast<std::uint8_t>((pair.scalar_[31] & 63) | 64);
  divide_by_cofactor(pair.scalar_);
  // Not zero, as bit 251 of the scalar is set.
  (void)crypto_scalarmult_ristretto255_base(pair.public_key_.data(), pair.scalar_.data());
  return pair;
}

Sr25519KeyPair::~Sr25519KeyPair() {
  internal::wipe(scalar_.data(), scalar_.size());
  internal::wipe(nonce_.data(), nonce_.size());
}

Sr25519KeyPair::Sr25519KeyPair(Sr25519KeyPair&& other) noexcept {
  *this = std::move(other);
}

Sr25519KeyPair& Sr25519KeyPair::operator=(Sr25519KeyPair&& other) noexcept {
  if (this == &other) return *this;
  public_key_ = other.public_key_;
  scalar_ = other.scalar_;
  nonce_ = other.nonce_;
  other.public_key_ = {};
  internal::wipe(other.scalar_.data(), other.scalar_.size());
  internal::wipe(other.nonce_.data(), other.nonce_.size());
  return *this;
}

std::array<std::uint8_t, 64> Sr25519KeyPair::sign(absl::string_view message) const {
  // r, which nobody may know or see twice: random, and of the secret and the message.
  Bytes32 random{};
  randombytes_buf(random.data(), random.size());
  Secret wide(64);
  crypto_generichash_state state;
  crypto_generichash_init(&state, nonce_.data(), nonce_.size(), wide.size());
  crypto_generichash_update(&state, random.data(), random.size());
  crypto_generichash_update(&state, internal::bytes_of(message), message.size());
  crypto_generichash_final(&state, wide.bytes(), wide.size());
  internal::wipe(&state, sizeof state);
  Secret r(32);
  crypto_core_ristretto255_scalar_reduce(r.bytes(), wide.bytes());

  Bytes32 commitment{};
  (void)crypto_scalarmult_ristretto255_base(commitment.data(), r.bytes());  // zero once in 2^252
  Transcript transcript = signing_transcript(message, public_key_);
  const Bytes32 challenge = challenge_of(transcript, commitment);
  Secret product(32);
  Bytes32 response{};
  crypto_core_ristretto255_scalar_mul(product.bytes(), challenge.data(), scalar_.data());
  crypto_core_ristretto255_scalar_add(response.data(), product.bytes(), r.bytes());
  response[31] |= kMark;

  Bytes64 signature{};
  std::copy(commitment.begin(), commitment.end(), signature.begin());
  std::copy(response.begin(), response.end(), signature.begin() + 32);
  return signature;
}

Secret Sr25519KeyPair::hard_child(const std::array<std::uint8_t, 32>& chain_code) const {
  Transcript transcript("SchnorrRistrettoHDKD");
  transcript.append("sign-bytes", "");
  transcript.append("chain-code", view_of(chain_code));
  transcript.append("secret-key", view_of(scalar_));
  Secret seed(32);
  transcript.challenge("HDKD-hard", seed.bytes(), seed.size());
  return seed;
}

bool sr25519_verify(const std::array<std::uint8_t, 32>& public_key, absl::string_view message,
                    const std::array<std::uint8_t, 64>& signature) {
  internal::ensure_sodium();
  Bytes32 commitment{};
  Bytes32 response{};
  std::copy_n(signature.begin(), 32, commitment.begin());
  std::copy_n(signature.begin() + 32, 32, response.begin());
  if ((response[31] & kMark) == 0) return false;
  response[31] &= static_cast<std::uint8_t>(~kMark);
  if (!is_reduced(response)) return false;
  if (crypto_core_ristretto255_is_valid_point(public_key.data()) != 1) return false;

  Transcript transcript = signing_transcript(message, public_key);
  const Bytes32 challenge = challenge_of(transcript, commitment);
  Bytes32 left{};
  Bytes32 right{};
  Bytes32 expected{};
  // -1 says that the product is zero: of a zero response it is, and right; else the key is.
  (void)crypto_scalarmult_ristretto255_base(left.data(), response.data());
  if (crypto_scalarmult_ristretto255(right.data(), challenge.data(), public_key.data()) != 0) {
    return false;
  }
  crypto_core_ristretto255_sub(expected.data(), left.data(), right.data());
  return expected == commitment;
}

}  // namespace bittensor
