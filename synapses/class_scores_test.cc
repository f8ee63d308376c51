// SPDX-License-Identifier: MIT
#include "synapses/class_scores.h"

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

// As evaluate() does.
ClassScores scores(const std::vector<std::int64_t>& said, const std::vector<std::int64_t>& real,
                   std::int64_t classes) {
  TestSums sums;
  for (std::size_t i = 0; i < said.size(); ++i) {  // batches of one
    const at::Tensor logits = torch::zeros({1, classes});
    logits[0][said[i]] = 1;
    count_classes(logits, torch::tensor({real[i]}), sums);
  }
  std::map<std::string, double> means;
  for (const auto& [name, sum] : sums) means[name] = sum.mean();
  return scores_of(means, classes);
}

// Worked out from the definitions.
TEST(ClassScores, AreF1AndMatthewsCorrelation) {
  const ClassScores two = scores({1, 1, 0, 0, 1, 0}, {1, 0, 0, 0, 1, 1}, 2);
  EXPECT_NEAR(two.f1, 0.6666667, 1e-6);
  EXPECT_NEAR(two.matthews, 0.3333333, 1e-6);
  const ClassScores three = scores({0, 1, 2, 2, 1, 0, 0}, {0, 1, 2, 1, 1, 2, 0}, 3);
  EXPECT_NEAR(three.f1, 0.7, 1e-6);
  EXPECT_NEAR(three.matthews, 0.59375, 1e-6);
}

TEST(ClassScores, OfAClassifierThatSaysOneThingAreThoseOfChance) {
  const ClassScores always = scores({0, 0, 0}, {0, 1, 0}, 2);
  EXPECT_EQ(always.matthews, 0);
  EXPECT_NEAR(always.f1, 0.4, 1e-6);
}

}  // namespace
}  // namespace bittensor
