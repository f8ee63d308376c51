// SPDX-License-Identifier: MIT
//
// Seeds libtorch before each test's fixture is made: its generator starts each process with
// another seed otherwise, and a test that fails once in fifty runs tells nothing. Linked into every
// test of libtorch (cmake/BittensorTargets.cmake). --gtest_random_seed=N tries others.
#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

class SeedTorch : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override {
    torch::manual_seed(testing::GTEST_FLAG(random_seed));
  }
};

// The list owns its listeners.
[[maybe_unused]] const bool kListens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SeedTorch);
  return true;
}();

}  // namespace
}  // namespace bittensor
