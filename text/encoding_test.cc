// SPDX-License-Identifier: MIT
#include "text/encoding.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(LongestFirst, LeavesWhatFits) {
  EXPECT_THAT(longest_first(3, 4, 7), Pair(3, 4));
}

TEST(LongestFirst, TheLongerGives) {
  EXPECT_THAT(longest_first(6, 2, 7), Pair(5, 2));
  EXPECT_THAT(longest_first(2, 6, 7), Pair(2, 5));
}

TEST(LongestFirst, OfAnOddRoomTheLongerGetsMore) {
  EXPECT_THAT(longest_first(9, 8, 7), Pair(4, 3));
  EXPECT_THAT(longest_first(8, 8, 7), Pair(3, 4));
  EXPECT_THAT(longest_first(5, 5, 0), Pair(0, 0));
}

TEST(BertEncoding, PadsWithMaskAndWithoutOffsets) {
  BertEncoding encoding;
  encoding.append(7, 1, {2, 4}, false);
  encoding.pad(3, 9);
  EXPECT_THAT(encoding.ids, ElementsAre(7, 9, 9));
  EXPECT_THAT(encoding.type_ids, ElementsAre(1, 0, 0));
  EXPECT_THAT(encoding.attention_mask, ElementsAre(1, 0, 0));
  EXPECT_THAT(encoding.special_tokens_mask, ElementsAre(0, 1, 1));
  EXPECT_THAT(encoding.offsets, ElementsAre(TextRange{2, 4}, TextRange{}, TextRange{}));
  encoding.pad(1, 9);
  EXPECT_EQ(encoding.size(), 3);
}

}  // namespace
}  // namespace bittensor
