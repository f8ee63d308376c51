// SPDX-License-Identifier: MIT
#include "bittensor/watch/curve.h"

#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;

std::vector<NeuronState::Point> points_of(std::int64_t count) {
  std::vector<NeuronState::Point> points(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) points[static_cast<std::size_t>(i)].step = i;
  return points;
}

std::vector<std::int64_t> steps_of(const std::vector<NeuronState::Point>& points) {
  std::vector<std::int64_t> steps;
  for (const NeuronState::Point& point : points) steps.push_back(point.step);
  return steps;
}

TEST(Thin, LeavesTheFirstTheLatestAndWhatATestFound) {
  std::vector<NeuronState::Point> points = points_of(10);
  points[2].accuracy.local = 0.9;
  thin(points, 4);
  EXPECT_THAT(steps_of(points), ElementsAre(0, 1, 2, 5, 9));
  EXPECT_EQ(points[2].accuracy.local, 0.9);
}

TEST(Thin, ManyTestsAreThinnedLikeOtherPoints) {
  std::vector<NeuronState::Point> points = points_of(1000);
  for (NeuronState::Point& point : points) point.accuracy.local = 0.9;
  thin(points, 2);
  EXPECT_EQ(points.size(), 501);
}

TEST(Thin, NothingStaysNothing) {
  std::vector<NeuronState::Point> points;
  thin(points, 2);
  EXPECT_TRUE(points.empty());
}

}  // namespace
}  // namespace bittensor
