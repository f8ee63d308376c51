// SPDX-License-Identifier: MIT
#include "bittensor/neuron/schedule.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(Schedule, FallsWithinAnEpochAndRestartsLower) {
  EXPECT_DOUBLE_EQ(learning_rate_at(0.1, 0, 100), 0.1);
  EXPECT_NEAR(learning_rate_at(0.1, 50, 100), 0.1 * 0.525, 1e-9);
  EXPECT_LT(learning_rate_at(0.1, 99, 100), 0.1 * 0.06);
  EXPECT_DOUBLE_EQ(learning_rate_at(0.1, 100, 100), 0.05);
}

TEST(Schedule, OfOneCycleRisesAndFallsToAlmostNothing) {
  EXPECT_DOUBLE_EQ(one_cycle_at(0.1, 0, 100), 0.005);
  EXPECT_DOUBLE_EQ(one_cycle_at(0.1, 20, 100), 0.1);
  EXPECT_NEAR(one_cycle_at(0.1, 60, 100), 0.05, 1e-3);
  EXPECT_LT(one_cycle_at(0.1, 99, 100), 0.002);
  EXPECT_GT(one_cycle_at(0.1, 99, 100), 0);
  EXPECT_GT(one_cycle_at(0.1, 200, 100), 0);  // A run that is longer than it said.
}

TEST(Schedule, OneCycleSpansAllEpochs) {
  EXPECT_DOUBLE_EQ(learning_rate_of(Schedule::kOneCycle, 0.1, 60, 100, 3), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_of(Schedule::kWarmRestarts, 0.1, 100, 100, 3), 0.05);
}

}  // namespace
}  // namespace bittensor
