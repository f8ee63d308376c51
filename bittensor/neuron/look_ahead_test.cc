// SPDX-License-Identifier: MIT
#include "bittensor/neuron/look_ahead.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;

struct Asked {
  struct Pending {
    const bool* ready_now;
    bool ready() const { return *ready_now; }
  };
  std::int64_t step;
  Pending pending;
};

// A network that answers in time, or does not; and what it was asked.
struct Fixture : ::testing::Test {
  LookAhead<Asked> at_most(int most) {
    return LookAhead<Asked>(most, [this](std::int64_t step) {
      asked.push_back(step);
      return Asked{step, {&in_time}};
    });
  }
  // Trains steps [from, to).
  void train(LookAhead<Asked>& ahead, std::int64_t from, std::int64_t to) {
    for (std::int64_t step = from; step < to; ++step) {
      EXPECT_EQ(ahead.next(step, /*end=*/1'000'000).step, step);
    }
  }

  bool in_time = true;
  std::vector<std::int64_t> asked;
};
using LookAheadTest = Fixture;

TEST_F(LookAheadTest, NextBatchIsAskedAboutBeforeThisOneTrains) {
  auto ahead = at_most(4);
  EXPECT_EQ(ahead.next(7, 100).step, 7);
  EXPECT_THAT(asked, ElementsAre(7, 8));
  EXPECT_EQ(ahead.next(8, 100).step, 8);
  EXPECT_THAT(asked, ElementsAre(7, 8, 9));
}

TEST_F(LookAheadTest, OfNoBatchesAsksWhenTheTurnComes) {
  auto ahead = at_most(0);
  in_time = false;
  train(ahead, 0, 3);
  EXPECT_THAT(asked, ElementsAre(0, 1, 2));
}

TEST_F(LookAheadTest, GrowsWhileAnswersAreLateUpToItsLimit) {
  auto ahead = at_most(5);
  in_time = false;
  train(ahead, 0, 3);
  EXPECT_EQ(ahead.depth(), 3);
  train(ahead, 3, 50);
  EXPECT_EQ(ahead.depth(), 5);
  EXPECT_EQ(asked.back(), 49 + 5);
}

TEST_F(LookAheadTest, ShrinksToOneBatchWhenAnswersAreLongThere) {
  auto ahead = at_most(5);
  in_time = false;
  train(ahead, 0, 10);
  in_time = true;
  train(ahead, 10, 10 + 64);
  EXPECT_EQ(ahead.depth(), 4);
  train(ahead, 10 + 64, 2000);
  EXPECT_EQ(ahead.depth(), 1);
}

TEST_F(LookAheadTest, DoesNotAskBeyondTheEnd) {
  auto ahead = at_most(5);
  in_time = false;
  for (std::int64_t step = 0; step < 10; ++step) ahead.next(step, 10);
  EXPECT_EQ(asked.back(), 9);
  EXPECT_EQ(asked.size(), 10u);
}

TEST_F(LookAheadTest, ForgetsWhatWasAskedForOtherSteps) {
  auto ahead = at_most(1);
  ahead.next(0, 100);
  EXPECT_EQ(ahead.next(50, 100).step, 50);
  EXPECT_THAT(asked, ElementsAre(0, 1, 50, 51));
}

}  // namespace
}  // namespace bittensor
