// SPDX-License-Identifier: MIT
#include "bittensor/wallet/ss58.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

std::array<std::uint8_t, 32> key_from_hex(const std::string& hex) {
  const std::string bytes = *hex_to_bytes(hex);
  std::array<std::uint8_t, 32> key{};
  std::copy_n(bytes.begin(), 32, key.begin());
  return key;
}

const std::string kAliceAddress = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const auto kAliceKey =
    key_from_hex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");

TEST(Ss58, IsWhatOthersWrite) {
  EXPECT_EQ(ss58_encode(kAliceKey), kAliceAddress);
  EXPECT_EQ(
      ss58_encode(key_from_hex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee")),
      "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
  // Other prefixes, of one byte and of two; made with npm's @polkadot/util-crypto.
  EXPECT_EQ(ss58_encode(kAliceKey, 0), "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5");
  EXPECT_EQ(ss58_encode(kAliceKey, 1284), "VdvKmYJfD4VXA9fzz1SbmCo2eYHSzUFbaDCZSuaNKJAe8YNg6");
  EXPECT_EQ(ss58_encode(kAliceKey, 16383), "yNa8JpqfFB3q8A29rCwSgxvdU94ufJw2yKKxDgznS5m1PoFvn");
}

TEST(Ss58, ComesBack) {
  for (const std::uint16_t prefix : {0, 42, 63, 64, 255, 1284, 16383}) {
    const auto key = ss58_decode(ss58_encode(kAliceKey, prefix), prefix);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(*key, kAliceKey);
  }
  EXPECT_EQ(*ss58_decode(ss58_encode({})), key_from_hex(std::string(64, '0')));
}

TEST(Ss58, WhatIsNoneIsRefusedWithTheReason) {
  const auto refusal = [](const std::string& address) {
    const auto status = ss58_decode(address).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_THAT(refusal(""), HasSubstr("0 letters"));
  EXPECT_THAT(refusal(std::string(1'000'000, '5')), HasSubstr("1000000 letters"));
  EXPECT_THAT(refusal("0" + kAliceAddress.substr(1)), HasSubstr("base58"));
  EXPECT_THAT(refusal(kAliceAddress.substr(1)), HasSubstr("SS58"));
  EXPECT_THAT(refusal(kAliceAddress + "1"), HasSubstr("bytes"));
  EXPECT_THAT(refusal(ss58_encode(kAliceKey, 0)), HasSubstr("another chain"));
  EXPECT_THAT(refusal("1111"), HasSubstr("4 bytes"));
  for (std::size_t i = 1; i < kAliceAddress.size(); ++i) {
    std::string wrong = kAliceAddress;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    EXPECT_THAT(refusal(wrong), HasSubstr("SS58")) << i;
  }
}

}  // namespace
}  // namespace bittensor
