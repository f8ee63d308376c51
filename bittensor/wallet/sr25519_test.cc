// SPDX-License-Identifier: MIT
#include "bittensor/wallet/sr25519.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"

#include "bittensor/base/hex.h"

namespace bittensor {
namespace {

template <std::size_t n>
std::array<std::uint8_t, n> array_from_hex(const std::string& hex) {
  const std::string bytes = *hex_to_bytes(hex);
  std::array<std::uint8_t, n> array{};
  EXPECT_EQ(bytes.size(), n);
  std::copy_n(bytes.begin(), std::min(n, bytes.size()), array.begin());
  return array;
}

// Substrate's development account //Alice.
const std::string kAliceSeed = "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
const std::string kAlicePublicKey =
    "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

Sr25519KeyPair alice() {
  return *Sr25519KeyPair::from_seed(*hex_to_bytes(kAliceSeed));
}

TEST(Sr25519, KeyFollowsFromTheSeed) {
  EXPECT_EQ(alice().public_key(), array_from_hex<32>(kAlicePublicKey));
  EXPECT_EQ(Sr25519KeyPair::from_seed("short").status().code(), absl::StatusCode::kInvalidArgument);
}

// Made and checked with npm's @polkadot/util-crypto.
TEST(Sr25519, SignatureOfAnotherLibraryHolds) {
  const auto signature = array_from_hex<64>(
      "94aa056e8507eb6c487d35e3636a2b869e839cb393e52b22d1ef010745a6ca1e89044ea26b6ee8e407679bed4a06"
      "093928f7ed251fae3c0af5b7066eb6544986");
  EXPECT_TRUE(sr25519_verify(array_from_hex<32>(kAlicePublicKey), "hello subtensor", signature));
  EXPECT_FALSE(sr25519_verify(array_from_hex<32>(kAlicePublicKey), "hello Subtensor", signature));
}

TEST(Sr25519, SignatureIsOfTheMessageAndTheKey) {
  const Sr25519KeyPair pair = alice();
  for (const std::string& message : {std::string(), std::string("a"), std::string(5000, 'z')}) {
    const auto signature = pair.sign(message);
    EXPECT_TRUE(sr25519_verify(pair.public_key(), message, signature));
    EXPECT_FALSE(sr25519_verify(pair.public_key(), message + "!", signature));
    const auto other = *Sr25519KeyPair::from_seed(std::string(32, 'o'));
    EXPECT_FALSE(sr25519_verify(other.public_key(), message, signature));
  }
  EXPECT_NE(pair.sign("a"), pair.sign("a"));
}

TEST(Sr25519, EachBitOfASignatureCounts) {
  const Sr25519KeyPair pair = alice();
  const auto signature = pair.sign("message");
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(sr25519_verify(pair.public_key(), "message", changed)) << bit;
  }
}

// Of a scalar s only s itself is taken, not s plus the order of the group.
TEST(Sr25519, SignatureHasOneForm) {
  const Sr25519KeyPair pair = alice();
  auto signature = pair.sign("message");
  const auto order =
      array_from_hex<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carried = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned mark = i == 31 ? 0x80 : 0;
    const unsigned sum = (signature[32 + i] & ~mark) + order[i] + carried;
    signature[32 + i] = static_cast<std::uint8_t>((sum & 0xff) | mark);
    carried = sum >> 8;
  }
  EXPECT_FALSE(sr25519_verify(pair.public_key(), "message", signature));
}

TEST(Sr25519, KeysThatAreNoneHaveNoSignatures) {
  const auto signature = alice().sign("message");
  std::array<std::uint8_t, 32> key{};
  EXPECT_FALSE(sr25519_verify(key, "message", signature));
  key.fill(0xff);
  EXPECT_FALSE(sr25519_verify(key, "message", signature));
  // With the key zero, R = s B would do for any message.
  std::array<std::uint8_t, 64> zeros{};
  zeros[63] = 0x80;
  EXPECT_FALSE(sr25519_verify({}, "message", zeros));
}

TEST(Sr25519, MovedPairSignsAndIsNotCopied) {
  Sr25519KeyPair pair = alice();
  Sr25519KeyPair moved = std::move(pair);
  EXPECT_TRUE(sr25519_verify(array_from_hex<32>(kAlicePublicKey), "m", moved.sign("m")));
  static_assert(!std::is_copy_constructible_v<Sr25519KeyPair>);
}

}  // namespace
}  // namespace bittensor
