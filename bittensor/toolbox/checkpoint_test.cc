// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/checkpoint.h"

#include <csignal>
#include <memory>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bittensor/base/testing/file_size_limit.h"
#include "bittensor/toolbox/checkpoint_fixture.h"

namespace bittensor {
namespace {

using testing::FileSizeLimit;
using ::testing::HasSubstr;

class CheckpointTest : public CheckpointFixture {
 protected:
  void save(std::int64_t step) const {
    ASSERT_EQ(save_checkpoint(path_, example(step)), absl::OkStatus());
  }
  // Never returns if the file is larger.
  void save_with_limit(rlim_t bytes) const {
    const rlimit none{0, 0};
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &limit);
    (void)save_checkpoint(path_, example(2));
  }
  std::int64_t step_in(const std::string& path) const {
    const auto checkpoint = load_checkpoint(path);
    return checkpoint.ok() ? checkpoint->step : -1;
  }
};

TEST_F(CheckpointTest, ReadsWhatWasWritten) {
  const Checkpoint saved = example();
  ASSERT_EQ(save_checkpoint(path_, saved), absl::OkStatus());
  const auto loaded = load_checkpoint(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->kind, "mnist");
  EXPECT_EQ(loaded->config, saved.config);
  EXPECT_EQ(loaded->epoch, 3);
  EXPECT_EQ(loaded->step, 12345678901);
  EXPECT_EQ(loaded->best_test_loss, 0.25);
  EXPECT_EQ(loaded->optimizer.kind, "Adam");
  ASSERT_EQ(loaded->synapse.size(), 2U);
  EXPECT_TRUE(loaded->synapse.at("conv.weight").equal(saved.synapse.at("conv.weight")));
  EXPECT_EQ(loaded->synapse.at("norm.count").item<std::int64_t>(), 5);
  EXPECT_TRUE(loaded->router.at("gate.weight").equal(saved.router.at("gate.weight")));
  EXPECT_EQ(loaded->optimizer.tensors.at("0.step").item<std::int64_t>(), 9);
  EXPECT_TRUE(loaded->neuron.at("weights").equal(saved.neuron.at("weights")));
}

TEST_F(CheckpointTest, KeepsTheOneBefore) {
  save(1);
  save(2);
  save(3);
  EXPECT_EQ(step_in(path_), 3);
  EXPECT_EQ(step_in(previous_path(path_)), 2);
  EXPECT_EQ(files(), 2);
}

TEST_F(CheckpointTest, CreatesItsFolder) {
  EXPECT_EQ(save_checkpoint((folder_ / "a" / "b" / "mnist.pt").string(), example()),
            absl::OkStatus());
}

TEST_F(CheckpointTest, AbsentIsNotFound) {
  EXPECT_EQ(load_checkpoint(path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(load_latest(path_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(load_latest(path_).status().message()), HasSubstr(path_));
}

TEST_F(CheckpointTest, DamagedIsNamedAndTheOneBeforeIsUsed) {
  save(1);
  save(2);
  write_file(path_, read_file(path_).substr(0, 1000));
  EXPECT_EQ(load_checkpoint(path_).status().code(), absl::StatusCode::kDataLoss);

  std::ostringstream log;
  const auto logger = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  const auto loaded = load_latest(path_);
  spdlog::set_default_logger(logger);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->step, 1);
  EXPECT_THAT(log.str(), HasSubstr("checkpoint " + path_ + ": is damaged"));
  EXPECT_THAT(log.str(), HasSubstr(previous_path(path_)));
}

TEST_F(CheckpointTest, DamagedBothIsAnErrorNamingBoth) {
  write_file(path_, "x");
  write_file(previous_path(path_), "y");
  const absl::Status status = load_latest(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ":"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(previous_path(path_) + ":"));
}

TEST_F(CheckpointTest, AFullDiskLeavesTheOldOnes) {
  save(1);
  save(2);
  const auto size = static_cast<rlim_t>(read_file(path_).size());
  for (rlim_t limit = 0; limit < size; limit += size / 16) {
    absl::Status status;
    {
      const FileSizeLimit guard(limit);
      status = save_checkpoint(path_, example(3));
    }
    ASSERT_FALSE(status.ok()) << limit;
    ASSERT_THAT(std::string(status.message()), HasSubstr(path_));
    ASSERT_THAT(std::string(status.message()), HasSubstr("File too large"));
    ASSERT_EQ(step_in(path_), 2);
    ASSERT_EQ(step_in(previous_path(path_)), 1);
    ASSERT_EQ(files(), 2);
  }
}

TEST_F(CheckpointTest, AFullFileSystemIsNamedWithItsReason) {
  const std::string disk = (folder_ / "disk").string();
  std::filesystem::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "only root may mount a small disk";
  }
  path_ = disk + "/mnist.pt";
  save(1);
  Checkpoint large = example(2);
  large.synapse["large"] = torch::ones({1 << 20});
  const absl::Status status = save_checkpoint(path_, large);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_THAT(std::string(status.message()), HasSubstr("No space left on device"));
  EXPECT_EQ(step_in(path_), 1);
  save(3);
  EXPECT_EQ(step_in(path_), 3);
  EXPECT_EQ(umount(disk.c_str()), 0);
}

// The system kills a process that writes beyond its limit, as kill -9 would.
TEST_F(CheckpointTest, AKilledProcessLeavesTheOldOneAndItsRestsGoWithTheNext) {
  save(1);
  const auto size = static_cast<rlim_t>(read_file(path_).size());
  for (rlim_t limit = 0; limit < size; limit += size / 8) {
    EXPECT_EXIT(save_with_limit(limit), ::testing::KilledBySignal(SIGXFSZ), "");
    ASSERT_EQ(step_in(path_), 1);
  }
  EXPECT_GT(files(), 1);
  save(3);
  EXPECT_EQ(step_in(path_), 3);
  EXPECT_EQ(files(), 2);
}

TEST_F(CheckpointTest, AFolderThatCannotBeIsNamed) {
  write_file(path_, "a file");
  const absl::Status status = save_checkpoint(path_ + "/mnist.pt", example());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
}

class RestoreTest : public CheckpointTest {
 protected:
  RestoreTest() {
    checkpoint_.kind = "mnist";
    checkpoint_.synapse = state_dict(*other_synapse_);
    checkpoint_.router = state_dict(*other_router_);
    checkpoint_.optimizer = *optimizer_state(torch::optim::SGD(other_synapse_->parameters(), 0.5));
  }

  void expect_refused(absl::string_view kind, const std::string& why) {
    const at::Tensor before = synapse_->weight.detach().clone();
    const absl::Status status = restore(checkpoint_, kind, *synapse_, router_.get(), &sgd_);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_TRUE(synapse_->weight.equal(before));
  }

  torch::nn::Linear synapse_{3, 2}, other_synapse_{3, 2};
  torch::nn::Linear router_{2, 2}, other_router_{2, 2};
  torch::optim::SGD sgd_{synapse_->parameters(), 0.1};
  Checkpoint checkpoint_;
};

TEST_F(RestoreTest, CopiesAllThree) {
  ASSERT_EQ(restore(checkpoint_, "mnist", *synapse_, router_.get(), &sgd_), absl::OkStatus());
  EXPECT_TRUE(synapse_->weight.equal(other_synapse_->weight));
  EXPECT_TRUE(router_->bias.equal(other_router_->bias));
  EXPECT_EQ(sgd_.param_groups()[0].options().get_lr(), 0.5);
}

TEST_F(RestoreTest, TheSynapseAloneIsEnough) {
  checkpoint_.router.clear();
  checkpoint_.optimizer = {};
  EXPECT_EQ(restore(checkpoint_, "mnist", *synapse_, nullptr, nullptr), absl::OkStatus());
}

TEST_F(RestoreTest, AnotherKindIsRefused) {
  expect_refused("bert", "\"mnist\"");
}

TEST_F(RestoreTest, WhatDoesNotFitOnePartChangesNoPart) {
  checkpoint_.router["weight"] = torch::ones({7, 7});
  expect_refused("mnist", "router: ");
  checkpoint_.router = state_dict(*other_router_);
  checkpoint_.optimizer.kind = "Adam";
  expect_refused("mnist", "optimizer: ");
}

}  // namespace
}  // namespace bittensor
