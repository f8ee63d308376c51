// SPDX-License-Identifier: MIT
#include "bittensor/base/random.h"

#include <algorithm>
#include <numeric>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

// Of the reference implementation, seeded with 1234567.
TEST(Random, SplitMixGivesItsPublishedNumbers) {
  std::uint64_t state = 1234567;
  EXPECT_EQ(split_mix(state), 6457827717110365317u);
  EXPECT_EQ(split_mix(state), 3203168211198807973u);
  EXPECT_EQ(split_mix(state), 9817491932198370423u);
}

TEST(Random, SeedsOfPairsDiffer) {
  EXPECT_EQ(seed_of(1, 2), seed_of(1, 2));
  EXPECT_NE(seed_of(1, 2), seed_of(2, 1));
  EXPECT_NE(seed_of(0, 1), seed_of(1, 0));
}

TEST(Random, UnitNumbersStayBelowOne) {
  EXPECT_EQ(to_unit(0), 0);
  EXPECT_LT(to_unit(~std::uint64_t{0}), 1);
  EXPECT_EQ(to_unit(std::uint64_t{1} << 63), 0.5);
}

TEST(Random, ShuffleIsAPermutationOfTheSeed) {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> again = items;
  const std::vector<int> sorted = items;
  std::mt19937_64 random(7);
  shuffle(items, random);
  std::mt19937_64 same(7);
  shuffle(again, same);
  EXPECT_EQ(items, again);
  EXPECT_NE(items, sorted);
  EXPECT_TRUE(std::is_permutation(items.begin(), items.end(), sorted.begin()));
  std::vector<int> none;
  shuffle(none, random);
}

}  // namespace
}  // namespace bittensor
