// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {

// A folder of its own for each test, and a small checkpoint.
class CheckpointFixture : public ::testing::Test {
 protected:
  CheckpointFixture() {
    std::string pattern = ::testing::TempDir() + "checkpoint-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "mnist.pt").string();
  }
  ~CheckpointFixture() override { std::filesystem::remove_all(folder_); }

  static Checkpoint example(std::int64_t step = 12345678901) {
    Checkpoint checkpoint;
    checkpoint.kind = "mnist";
    checkpoint.config = {{"batch", "64"}, {"note", "größer"}};
    checkpoint.epoch = 3;
    checkpoint.step = step;
    checkpoint.best_test_loss = 0.25;
    checkpoint.synapse = {{"conv.weight", torch::arange(24, torch::kFloat32).view({2, 3, 4})},
                          {"norm.count", torch::tensor(5, torch::kInt64)}};
    checkpoint.router = {{"gate.weight", torch::ones({2, 2}, torch::kFloat64)}};
    checkpoint.optimizer = {"Adam",
                            {{"0.step", torch::tensor(9, torch::kInt64)},
                             {"learning_rates", torch::tensor({0.5}, torch::kFloat64)}}};
    checkpoint.neuron = {{"weights", torch::tensor({0.5F, 0.25F})}};
    return checkpoint;
  }

  static std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  static void write_file(const std::string& path, const std::string& bytes) {
    std::filesystem::remove(path);  // ext4 syncs a file that is truncated and written again
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace bittensor
