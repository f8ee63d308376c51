// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training.h"

#include <fstream>
#include <limits>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "torch/nn/modules/linear.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/neuron/training_step.h"

namespace bittensor {
namespace {

TEST(AnyAnswer, NeedsAnOkStatusAndRows) {
  Answer good{absl::OkStatus(), torch::zeros({2, 3}), {}};
  Answer empty{absl::OkStatus(), torch::zeros({0, 3}), {}};
  Answer failed{absl::UnavailableError("gone"), torch::zeros({2, 3}), {}};
  EXPECT_FALSE(any_answer({}));
  EXPECT_FALSE(any_answer({empty, failed}));
  EXPECT_TRUE(any_answer({failed, good}));
}

// A training of two epochs of three steps on a model of one number.
class Books : public ::testing::Test {
 protected:
  Books() {
    options_.neuron_key = ::testing::TempDir() + "/training_test/neuron.key";
    options_.epochs = 2;
    options_.progress = "json";
    options_.log_interval = 1;
    ::testing::internal::CaptureStdout();
  }
  ~Books() override { ::testing::internal::GetCapturedStdout(); }

  void show(double loss) {
    SynapseOutput output;
    output.local_target_loss = torch::tensor(loss);
    training_.show(output, 64, 0, {}, {}, torch::zeros({0}));
  }

  ManualExecutor executor_;
  NeuronOptions options_;
  torch::nn::Linear synapse_{1, 1};
  torch::nn::Linear router_{1, 1};
  torch::optim::SGD optimizer_{parameters_of({synapse_.get(), router_.get()}), 1.0};
  Training training_{"test", options_, *synapse_, *router_, optimizer_, executor_};
};

TEST_F(Books, CountsStepsThroughAllEpochs) {
  std::vector<std::int64_t> steps;
  while (training_.next_epoch(3, 192)) {
    while (training_.next_step()) steps.push_back(training_.step());
    EXPECT_TRUE(training_.epoch_done());
    training_.finish_epoch({1.0, 0.5});
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(Books, OnlyABetterTestLossIsSaved) {
  ASSERT_TRUE(training_.next_epoch(1, 64));
  EXPECT_TRUE(training_.finish_epoch({1.0, 0.5}));
  EXPECT_FALSE(training_.finish_epoch({1.5, 0.6}));
  EXPECT_FALSE(training_.finish_epoch({std::numeric_limits<double>::quiet_NaN(), 0.1}));
  EXPECT_TRUE(training_.finish_epoch({0.5, 0.7}));
}

TEST_F(Books, LossThatIsNotFiniteEndsTheTraining) {
  ASSERT_TRUE(training_.next_epoch(3, 192));
  ASSERT_TRUE(training_.next_step());
  show(std::numeric_limits<double>::infinity());
  EXPECT_FALSE(training_.next_step());
  EXPECT_FALSE(training_.epoch_done());
  EXPECT_EQ(training_.status().code(), absl::StatusCode::kInternal);
}

// Answers come in bursts, some steps before the one that they are for.
TEST_F(Books, StepsThatOthersHelpedInAreCounted) {
  options_.report = ::testing::TempDir() + "/training_test_helped.json";
  ASSERT_TRUE(training_.next_epoch(20, 1280));
  SynapseOutput output;
  output.local_target_loss = torch::tensor(1.0);
  for (int step = 0; step < 20; ++step) {
    ASSERT_TRUE(training_.next_step());
    Dendrite::Stats answers;
    answers.ok = step < 10 ? 0 : 3;  // for three steps
    training_.show(output, 64, 1, answers, {}, torch::zeros({0}));
  }
  EXPECT_EQ(training_.finish({}, {}, {}, {}, torch::zeros({0})), absl::OkStatus());
  std::ifstream file(options_.report);
  const auto report = nlohmann::json::parse(file);
  EXPECT_EQ(report["steps"], 20);
  EXPECT_EQ(report["steps_helped"], 3);
}

}  // namespace
}  // namespace bittensor
