// SPDX-License-Identifier: MIT
#include "bittensor/router/weight_average.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;

// `asked[i]`: whether synapse i was sent rows.
Route route_to(const std::vector<bool>& asked) {
  Route route;
  route.synapses = some_synapses(static_cast<int>(asked.size()));
  for (const bool one : asked) route.rows.push_back(torch::arange(one ? 4 : 0));
  return route;
}

std::vector<double> after(WeightAverage& average, const Route& route,
                          const std::vector<double>& before, const std::vector<double>& shares,
                          int batches, const absl::Status& status = absl::OkStatus()) {
  at::Tensor weights = torch::tensor(before, torch::kDouble);
  const at::Tensor said = torch::tensor(shares, torch::kDouble);
  const std::vector<Answer> answers(shares.size(), Answer{status, {}, {}});
  for (int i = 0; i < batches; ++i) weights = average.update(route, answers, weights, said);
  return {weights.data_ptr<double>(), weights.data_ptr<double>() + weights.numel()};
}

TEST(WeightAverage, IsTheMeanOfTheBatchesSoFarAndTenThatSpokeForAllAlike) {
  WeightAverage average;
  EXPECT_THAT(after(average, route_to({true, true}), {0, 0}, {0.9, 0.1}, 10),
              ElementsAre(DoubleNear(0.7, 1e-9), DoubleNear(0.3, 1e-9)));
}

TEST(WeightAverage, BeginsANewcomerAtTheMeanOfTheOthers) {
  WeightAverage average;
  const auto one = after(average, route_to({true, true, true}), {0.6, 0.2, 0}, {0.6, 0.2, 0.4}, 1);
  EXPECT_THAT(one,
              ElementsAre(DoubleNear(0.6, 1e-9), DoubleNear(0.2, 1e-9), DoubleNear(0.4, 1e-9)));
}

TEST(WeightAverage, ForgetsWhatIsFarBack) {
  WeightAverage average;
  const Route route = route_to({true, true});
  const auto before = after(average, route, {0, 0}, {1, 0}, 1000);
  const auto later = after(average, route, before, {0, 1}, 300);
  EXPECT_THAT(later, ElementsAre(Lt(0.06), Gt(0.94)));
}

TEST(WeightAverage, JudgesANewcomerSoonerThanOneItKnows) {
  WeightAverage average;
  const Route route = route_to({true, true});
  const auto later = after(average, route, {0.5, 0}, {0.1, 0.1}, 30);
  EXPECT_THAT(later, ElementsAre(Gt(0.35), Lt(0.21)));
}

TEST(WeightAverage, GivesNoneToOneThatNeverAnswered) {
  WeightAverage average;
  const Route route = route_to({true, true});
  const auto late = absl::DeadlineExceededError("late");
  EXPECT_THAT(after(average, route, {0, 0.5}, {1e-4, 1e-4}, 30, late), ElementsAre(0, Lt(0.4)));
}

TEST(WeightAverage, KeepsTheWeightOfWhoWasNotAsked) {
  WeightAverage average;
  EXPECT_THAT(after(average, route_to({true, false}), {0.5, 0.3}, {0.5, 0}, 100),
              ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.3, 1e-9)));
}

TEST(WeightAverage, TakesAWeightFromACheckpointForOneOfManyBatches) {
  WeightAverage average;
  EXPECT_THAT(after(average, route_to({true}), {0.5}, {1}, 1),
              ElementsAre(DoubleNear(0.505, 1e-9)));
}

}  // namespace
}  // namespace bittensor
