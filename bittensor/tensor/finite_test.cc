// SPDX-License-Identifier: MIT
#include "bittensor/tensor/finite.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Finite, OneBadElementIsFoundWhereverItIs) {
  for (const auto dtype : {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16}) {
    for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
      for (const std::int64_t where : {0, 1, 1023, 1024, 4095, 4999}) {
        at::Tensor tensor = torch::rand({5000}).to(dtype);
        EXPECT_TRUE(all_finite(tensor));
        tensor[where] = bad;
        EXPECT_FALSE(all_finite(tensor)) << bad << " at " << where;
      }
    }
  }
}

TEST(Finite, OneBadElementOfATransposedTensorIsFound) {
  at::Tensor tensor = torch::rand({8, 100}).t();
  EXPECT_TRUE(all_finite(tensor));
  tensor[99][7] = kInfinity;
  EXPECT_FALSE(all_finite(tensor));
}

TEST(Finite, TheLargestAndTheSmallestNumbersAreFinite) {
  using Limits = std::numeric_limits<float>;
  EXPECT_TRUE(all_finite(torch::tensor(
      {Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(), 0.0f, -0.0f})));
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
