// SPDX-License-Identifier: MIT
#include "bittensor/base/hex.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(HexToBytes, TakesTwoDigitsAByteOfEitherCase) {
  EXPECT_THAT(hex_to_bytes("00fFa1"), Optional(Eq(std::string("\x00\xff\xa1", 3))));
  EXPECT_THAT(hex_to_bytes(""), Optional(Eq("")));
}

TEST(HexToBytes, RefusesAllElse) {
  for (const char* wrong : {"0", "0x00", "0g", "g0", "00 11", "00g", "\xc3\xa9"}) {
    EXPECT_EQ(hex_to_bytes(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace bittensor
