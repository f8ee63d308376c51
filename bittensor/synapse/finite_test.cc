// SPDX-License-Identifier: MIT
#include "bittensor/synapse/finite.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "torch/torch.h"

namespace bittensor {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Finite, OneBadElementIsFound) {
  for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
    at::Tensor tensor = torch::rand({8, 100});
    EXPECT_TRUE(all_finite(tensor));
    tensor[7][99] = bad;
    EXPECT_FALSE(all_finite(tensor)) << bad;
  }
}

TEST(Finite, OppositeInfinitiesDoNotCancel) {
  EXPECT_FALSE(all_finite(torch::tensor({kInfinity, -kInfinity})));
}

TEST(Finite, LargeValuesWhoseSumOverflowsAreFinite) {
  EXPECT_TRUE(all_finite(torch::full({4}, std::numeric_limits<float>::max())));
  EXPECT_TRUE(all_finite(torch::full({100}, 60000, torch::kFloat16)));
}

TEST(Finite, IntegersAndNothingAreFinite) {
  EXPECT_TRUE(all_finite(torch::arange(3)));
  EXPECT_TRUE(all_finite(at::Tensor()));
  EXPECT_TRUE(all_finite(torch::empty({0, 5})));
}

}  // namespace
}  // namespace bittensor
