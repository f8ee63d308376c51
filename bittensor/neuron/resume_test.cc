// SPDX-License-Identifier: MIT
// A training that is stopped and started again: Training, Checkpoints and find_saved_training().
#include <filesystem>
#include <fstream>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/neuron/parts.h"
#include "bittensor/neuron/saved_training.h"
#include "bittensor/neuron/training.h"
#include "bittensor/neuron/training_step.h"
#include "bittensor/transport/in_process_transport.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class OneNumber : public Synapse {
 public:
  OneNumber() : number_(register_parameter("number", torch::zeros({1}))) {}
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {1}, 1}; }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<OneNumber>(); }
  void set(float value) {
    const torch::NoGradGuard no_grad;
    number_.fill_(value);
  }
  float number() const { return number_.item<float>(); }

 private:
  torch::Tensor number_;
};

float number_of(const std::shared_ptr<Synapse>& synapse) {
  return std::static_pointer_cast<OneNumber>(synapse)->number();
}

// A folder with one neuron's files. Each Life is one run of it: two epochs of three steps.
class Resume : public ::testing::Test {
 protected:
  Resume() {
    std::string pattern = ::testing::TempDir() + "resume-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.neuron_key = folder_ + "/neuron.key";
    options_.epochs = 2;
    options_.progress = "json";
    ::testing::internal::CaptureStdout();
  }
  ~Resume() override {
    ::testing::internal::GetCapturedStdout();
    std::filesystem::remove_all(folder_);
  }

  struct Life {
    explicit Life(const Resume& test)
        : transport(test.board_.make_transport()),
          metagraph({}, *transport, test.wallet_, test.executor_),
          training("test", test.options_, synapse, *router, optimizer, test.executor_, &metagraph) {
    }

    // Trains `steps` steps; the parameter is then the step's number.
    void train(int steps) {
      for (int i = 0; i < steps; ++i) {
        ASSERT_TRUE(training.next_step());
        synapse.set(static_cast<float>(training.step()));
      }
    }

    OneNumber synapse;
    torch::nn::Linear router{1, 1};
    torch::optim::SGD optimizer{parameters_of({&synapse, router.get()}), 1.0};
    std::unique_ptr<Transport> transport;
    Metagraph metagraph;
    Training training;
  };

  // What a run that is killed in the middle of the first epoch leaves.
  void live_for_two_steps() {
    Life life(*this);
    ASSERT_EQ(life.training.load(), absl::OkStatus());
    ASSERT_TRUE(life.training.next_epoch(3, 192));
    life.train(2);
    executor_.advance(61s);
    ASSERT_TRUE(life.training.next_step());  // saves what was before it
    next_random_ = torch::rand({3});
  }
  void damage(const std::string& path) { std::ofstream(path) << "rubbish"; }

  std::string folder_;
  NeuronOptions options_;
  mutable ManualExecutor executor_;
  mutable Switchboard board_{executor_};
  Wallet wallet_ = Wallet::create();
  torch::Tensor next_random_;
};

TEST_F(Resume, NothingToGoOnFromIsABeginning) {
  const auto saved = find_saved_training(options_);
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_FALSE(saved->has_value());
}

TEST_F(Resume, KilledWithinAnEpochGoesOnThereWithTheSameRandomNumbers) {
  live_for_two_steps();
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  EXPECT_EQ(life.synapse.number(), 1);
  ASSERT_TRUE(life.training.next_epoch(3, 192));
  ASSERT_TRUE(life.training.next_step());
  EXPECT_EQ(life.training.step(), 2);
  EXPECT_TRUE(torch::rand({3}).equal(next_random_));
  EXPECT_FALSE(life.training.next_step());
  EXPECT_TRUE(life.training.epoch_done());
}

TEST_F(Resume, EpochOfAnotherLengthBeginsAnew) {
  live_for_two_steps();
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  ASSERT_TRUE(life.training.next_epoch(4, 256));
  ASSERT_TRUE(life.training.next_step());
  EXPECT_EQ(life.training.step(), 0);
}

TEST_F(Resume, EpochThatIsNotTheBestIsResumedAndTheBestIsServed) {
  {
    Life life(*this);
    ASSERT_EQ(life.training.load(), absl::OkStatus());
    ASSERT_TRUE(life.training.next_epoch(1, 64));
    life.train(1);
    EXPECT_TRUE(life.training.finish_epoch({0.5, 0.9}));
    ASSERT_TRUE(life.training.next_epoch(1, 64));
    life.train(1);
    EXPECT_FALSE(life.training.finish_epoch({0.7, 0.8}));
  }
  options_.epochs = 3;
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  EXPECT_EQ(life.synapse.number(), 1);
  EXPECT_EQ(number_of(life.training.best(life.synapse)), 0);
  ASSERT_TRUE(life.training.next_epoch(1, 64));
  life.train(1);
  EXPECT_EQ(life.training.step(), 2);
  EXPECT_FALSE(life.training.finish_epoch({0.6, 0.85}));  // still against the best
}

TEST_F(Resume, WeightsOfTheMetagraphComeBack) {
  const PublicKey peer = Wallet::create().key();
  {
    Life life(*this);
    life.metagraph.set_weights({{peer, 0.75F}});
    ASSERT_EQ(life.training.load(), absl::OkStatus());
    ASSERT_TRUE(life.training.next_epoch(1, 64));
    life.train(1);
    life.training.finish_epoch({0.5, 0.9});
  }
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  EXPECT_EQ(life.metagraph.weights(), (WeightRow{{peer, 0.75F}}));
}

TEST_F(Resume, DamagedCheckpointIsPassedOverWhileThereIsAnother) {
  live_for_two_steps();
  {
    Life life(*this);
    ASSERT_EQ(life.training.load(), absl::OkStatus());
    ASSERT_TRUE(life.training.next_epoch(3, 192));
    life.train(1);
    life.training.finish_epoch({0.5, 0.9});
  }
  damage(folder_ + "/neuron.last.pt");
  damage(folder_ + "/neuron.last.pt.previous");
  const auto saved = find_saved_training(options_);
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ((*saved)->path, folder_ + "/neuron.pt");
  damage(folder_ + "/neuron.pt");
  const auto none = find_saved_training(options_);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("--from_scratch"));
}

TEST_F(Resume, FromScratchIgnoresWhatWasSaved) {
  live_for_two_steps();
  options_.from_scratch = true;
  const auto saved = find_saved_training(options_);
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_FALSE(saved->has_value());
}

TEST_F(Resume, BrokenModelIsNotSaved) {
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  ASSERT_TRUE(life.training.next_epoch(3, 192));
  life.train(1);
  life.synapse.set(std::numeric_limits<float>::quiet_NaN());
  executor_.advance(61s);
  EXPECT_FALSE(life.training.next_step());
  EXPECT_EQ(life.training.status().code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/neuron.last.pt"));
}

TEST_F(Resume, ModelThatBreaksInTheLastStepIsNeitherTheBestNorSaved) {
  Life life(*this);
  ASSERT_EQ(life.training.load(), absl::OkStatus());
  ASSERT_TRUE(life.training.next_epoch(1, 64));
  life.train(1);
  life.synapse.set(std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(life.training.finish_epoch({0.5, 0.9}));
  EXPECT_EQ(life.training.status().code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/neuron.pt"));
}

TEST_F(Resume, PlaceWhereNothingCanBeSavedIsSaidAtTheStart) {
  options_.save_model = "/proc/none/model.pt";
  Life life(*this);
  const absl::Status status = life.training.load();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/none"));
}

TEST_F(Resume, StateOfAnotherFormIsRefused) {
  Life life(*this);
  const StateDict wrong = {{"weighted_keys", torch::zeros({2, 31}, torch::kByte)},
                           {"weights", torch::zeros({2})}};
  EXPECT_FALSE(restore_weights(wrong, life.metagraph).ok());
  EXPECT_FALSE(restore_random({{"random", torch::zeros({7}, torch::kByte)}}).ok());
}

}  // namespace
}  // namespace bittensor
