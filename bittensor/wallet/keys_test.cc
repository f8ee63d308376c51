// SPDX-License-Identifier: MIT
#include "bittensor/wallet/keys.h"

#include <string>

#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

// RFC 8032, section 7.1, test 2.
const std::string kSeed =
    *hex_to_bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
constexpr char kKey[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr char kMessage[] = "\x72";
const std::string kSignature = *hex_to_bytes(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

TEST(Keys, SignAsRfc8032Says) {
  const auto wallet = Wallet::from_seed(kSeed);
  ASSERT_TRUE(wallet.ok()) << wallet.status();
  EXPECT_EQ(wallet->key().hex(), kKey);
  EXPECT_EQ(wallet->sign(kMessage), kSignature);
}

TEST(Keys, VerifyAsRfc8032Says) {
  const PublicKey key = *PublicKey::from_hex(kKey);
  EXPECT_TRUE(verify(key, kMessage, kSignature));
  EXPECT_FALSE(verify(key, "other", kSignature));
  EXPECT_FALSE(verify(Wallet::create().key(), kMessage, kSignature));
}

TEST(Keys, MalformedSignaturesAreFalse) {
  const PublicKey key = *PublicKey::from_hex(kKey);
  EXPECT_FALSE(verify(key, kMessage, ""));
  EXPECT_FALSE(verify(key, kMessage, kSignature.substr(1)));
  EXPECT_FALSE(verify(key, kMessage, kSignature + "x"));
  EXPECT_FALSE(verify(key, kMessage, std::string(64, '\0')));
  EXPECT_FALSE(verify(key, kMessage, std::string(64, '\xff')));
}

// For the neutral point as key, R = neutral point and S = 0 satisfy RFC 8032's equation
// with every message.
TEST(Keys, KeysOfSmallOrderSignNothing) {
  const std::string neutral = "\x01" + std::string(31, '\0');
  const std::string signature = neutral + std::string(32, '\0');
  EXPECT_FALSE(verify(*PublicKey::from_bytes(neutral), kMessage, signature));
  EXPECT_FALSE(verify(PublicKey(), kMessage, signature));
}

TEST(Keys, ReadTheHexadecimalTheyWrite) {
  const PublicKey key = Wallet::create().key();
  EXPECT_EQ(*PublicKey::from_hex(key.hex()), key);
  EXPECT_EQ(*PublicKey::from_bytes(key.bytes()), key);
  EXPECT_EQ(key.short_hex(), key.hex().substr(0, 8));
}

TEST(Keys, RefuseOtherLengthsAndDigits) {
  EXPECT_EQ(PublicKey::from_bytes("short").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PublicKey::from_hex("ab").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PublicKey::from_hex(std::string(64, 'g')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
