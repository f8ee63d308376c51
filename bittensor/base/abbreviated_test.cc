// SPDX-License-Identifier: MIT
#include "bittensor/base/abbreviated.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Abbreviated, ShortTextsStayAsTheyAre) {
  EXPECT_EQ(abbreviated("", 4), "");
  EXPECT_EQ(abbreviated("four", 4), "four");
}

TEST(Abbreviated, LongOnesKeepBothEnds) {
  const std::string text = "begin" + std::string(1'000'000, 'x') + "final";
  EXPECT_EQ(abbreviated(text, 10), "begin … 1000000 bytes … final");
}

TEST(Abbreviated, CharactersStayWhole) {
  const std::string text = "aé" + std::string(100, 'x') + "éb";  // 104 and 4 bytes
  EXPECT_EQ(abbreviated(text, 4), "a … 104 bytes … b");
  const std::string rubbish(100, '\x80');
  EXPECT_LT(abbreviated(rubbish, 10).size(), 60u);
}

}  // namespace
}  // namespace bittensor
