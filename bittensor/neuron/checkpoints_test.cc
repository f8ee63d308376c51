// SPDX-License-Identifier: MIT
#include "bittensor/neuron/checkpoints.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A model of one number, whose checkpoints go to a folder of their own.
class CheckpointsTest : public ::testing::Test {
 protected:
  CheckpointsTest() {
    std::string pattern = ::testing::TempDir() + "checkpoints-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.neuron_key = folder_ + "/neuron.key";
    ::testing::internal::CaptureStdout();
  }
  ~CheckpointsTest() override {
    ::testing::internal::GetCapturedStdout();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Checkpoints> make() {
    return std::make_unique<Checkpoints>("test", options_, *synapse_, *router_, optimizer_,
                                         executor_, nullptr, config_, progress_);
  }
  void set_weight(float value) {
    const torch::NoGradGuard no_grad;
    synapse_->weight.fill_(value);
  }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(folder_ + "/" + name);
  }

  std::string folder_;
  NeuronOptions options_;
  ManualExecutor executor_;
  Progress progress_{Progress::Style::kJson, executor_};
  std::map<std::string, std::string> config_;
  torch::nn::Linear synapse_{1, 1};
  torch::nn::Linear router_{1, 1};
  torch::optim::SGD optimizer_{synapse_->parameters(), 1.0};
};

TEST_F(CheckpointsTest, BeginWhereNothingWasSaved) {
  const auto position = make()->load();
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_EQ(position->steps_done, 0);
}

TEST_F(CheckpointsTest, AreDueAfterTheIntervalUnlessSaved) {
  const auto checkpoints = make();
  ASSERT_TRUE(checkpoints->load().ok());
  EXPECT_FALSE(checkpoints->due({0, 5, 10}));
  executor_.advance(61s);
  EXPECT_TRUE(checkpoints->due({0, 5, 10}));
  checkpoints->save_position({0, 5, 10});
  EXPECT_TRUE(checkpoints->has({0, 5, 10}));
  executor_.advance(61s);
  EXPECT_FALSE(checkpoints->due({0, 5, 10}));
  EXPECT_TRUE(checkpoints->due({0, 6, 10}));
}

TEST_F(CheckpointsTest, ResumeAtThePositionThatWasSaved) {
  set_weight(7);
  make()->save_position({2, 25, 10});
  set_weight(0);
  const auto checkpoints = make();
  const auto position = checkpoints->load();
  ASSERT_TRUE(position.ok()) << position.status();
  EXPECT_EQ(position->epochs_done, 2);
  EXPECT_EQ(position->steps_done, 25);
  EXPECT_EQ(synapse_->weight.item<float>(), 7);
  EXPECT_EQ(checkpoints->begin_epoch(2, 10), 25);
  EXPECT_EQ(checkpoints->begin_epoch(3, 10), 30);
}

TEST_F(CheckpointsTest, KeepTheBestModelApart) {
  const auto checkpoints = make();
  EXPECT_TRUE(checkpoints->save_epoch({1, 10, 10}, 0.5));
  EXPECT_EQ(checkpoints->file(), folder_ + "/neuron.pt");
  EXPECT_FALSE(checkpoints->save_epoch({2, 20, 10}, 0.7));
  EXPECT_EQ(load_checkpoint(folder_ + "/neuron.pt")->epoch, 1);
  EXPECT_EQ(load_checkpoint(folder_ + "/neuron.last.pt")->epoch, 2);
}

// A parameter can become infinite in the last step of an epoch, and the test loss be finite all
// the same.
TEST_F(CheckpointsTest, NeverHoldAModelThatIsNotFinite) {
  const auto checkpoints = make();
  set_weight(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(checkpoints->save_epoch({1, 10, 10}, 0.5));
  EXPECT_FALSE(exists("neuron.pt"));
  EXPECT_FALSE(exists("neuron.last.pt"));
  EXPECT_EQ(checkpoints->broken().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(checkpoints->broken().message()), HasSubstr("--learning_rate"));
}

TEST_F(CheckpointsTest, FileThatCannotBeWrittenStopsNothing) {
  options_.save_model = "/proc/none/model.pt";
  const auto checkpoints = make();
  checkpoints->save_position({0, 5, 10});
  EXPECT_FALSE(checkpoints->status().ok());
  EXPECT_TRUE(checkpoints->broken().ok());
  EXPECT_FALSE(checkpoints->has({0, 5, 10}));
}

}  // namespace
}  // namespace bittensor
