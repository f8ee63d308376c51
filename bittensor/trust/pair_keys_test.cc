// SPDX-License-Identifier: MIT
#include "bittensor/trust/pair_keys.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

class PairKeysTest : public ::testing::Test {
 protected:
  static std::string key_between(const Wallet& own, const Wallet& other) {
    const auto key = PairKeys(own).with(other.key());
    EXPECT_TRUE(key.ok()) << key.status();
    return key.ok() ? std::string(key->bytes()) : "";
  }

  const Wallet a_ = Wallet::create();
  const Wallet b_ = Wallet::create();
  const Wallet c_ = Wallet::create();
};

TEST_F(PairKeysTest, BothSidesFindTheSameWithoutAWord) {
  EXPECT_EQ(key_between(a_, b_), key_between(b_, a_));
}

TEST_F(PairKeysTest, EachPairHasItsOwn) {
  EXPECT_NE(key_between(a_, b_), key_between(a_, c_));
  EXPECT_NE(key_between(a_, b_), key_between(b_, c_));
  EXPECT_NE(key_between(a_, a_), key_between(b_, b_));
}

TEST_F(PairKeysTest, WhatIsNobodysKeyIsRefused) {
  const char* const nobody[] = {
      // Points of small order, whose product with any secret an outsider can guess.
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      // No point of the curve, and one written in another way.
      "0200000000000000000000000000000000000000000000000000000000000000",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  for (const char* const hex : nobody) {
    EXPECT_EQ(PairKeys(a_).with(*PublicKey::from_hex(hex)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << hex;
  }
}

TEST_F(PairKeysTest, RemembersThoseUsedLast) {
  PairKeys keys(a_, /*max_peers=*/2);
  keys.remember(b_.key(), *keys.with(b_.key()));
  keys.remember(c_.key(), *keys.with(c_.key()));
  EXPECT_TRUE(keys.with(b_.key()).ok());  // c is now the longest unused.
  const Wallet d = Wallet::create();
  keys.remember(d.key(), *keys.with(d.key()));
  EXPECT_EQ(keys.remembered(), 2u);
  for (const Wallet* peer : {&b_, &c_, &d}) {
    EXPECT_EQ(std::string(keys.with(peer->key())->bytes()), key_between(a_, *peer));
  }
}

TEST_F(PairKeysTest, AskingRemembersNobody) {
  const PairKeys keys(a_);
  EXPECT_TRUE(keys.with(b_.key()).ok());
  EXPECT_EQ(keys.remembered(), 0u);
}

}  // namespace
}  // namespace bittensor
