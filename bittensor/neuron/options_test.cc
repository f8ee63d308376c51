// SPDX-License-Identifier: MIT
#include "bittensor/neuron/options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "CLI/CLI.hpp"
#include "gtest/gtest.h"

#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

NeuronOptions parsed(const std::string& arguments) {
  NeuronOptions options;
  CLI::App app;
  add_neuron_options(app, options);
  app.parse(arguments);
  return options;
}

TEST(NeuronOptions, LastOneCounts) {
  EXPECT_EQ(parsed("--epochs 3 --epochs 5").epochs, 5);
}

TEST(NeuronOptions, BootstrapsMayBeGivenAgainOrWithCommas) {
  const std::vector<std::string> three = {"a:1", "b:2", "c:3"};
  EXPECT_EQ(parsed("--bootstrap a:1 --bootstrap b:2,c:3").bootstrap, three);
}

TEST(NeuronOptions, CommandLineWinsOverFileAndFileOverEnvironment) {
  const std::string file = ::testing::TempDir() + "/options_test.toml";
  std::ofstream(file) << "epochs = 2\ntopk = 3\n";
  setenv("BITTENSOR_EPOCHS", "7", 1);
  setenv("BITTENSOR_SEED", "9", 1);
  const NeuronOptions options = parsed("--topk 4 --config " + file);
  unsetenv("BITTENSOR_EPOCHS");
  unsetenv("BITTENSOR_SEED");
  std::filesystem::remove(file);
  EXPECT_EQ(options.topk, 4);
  EXPECT_EQ(options.epochs, 2);
  EXPECT_EQ(options.seed, 9u);
}

TEST(NeuronOptions, ListWithoutAValueInAFileIsRefused) {
  const std::string file = ::testing::TempDir() + "/options_test_list.toml";
  for (const char* line : {"axon_max_queue = []", "axon_max_queue = [1", "bootstrap = []",
                           "bootstrap = [", "bootstrap = [\"a:1\"\naxon_allow = [\"b\"]"}) {
    std::ofstream(file) << line << "\n";
    EXPECT_THROW(parsed("--config " + file), CLI::ParseError) << line;
  }
  std::ofstream(file) << "axon_max_queue = [1]\nbootstrap = [\"a:1\", \"b:2\"]\n";
  EXPECT_EQ(parsed("--config " + file).bootstrap, (std::vector<std::string>{"a:1", "b:2"}));
  std::filesystem::remove(file);
}

TEST(NeuronOptions, WhatIsOutOfRangeOrUnknownIsRefused) {
  for (const char* wrong : {"--axon_port 65536", "--batch_size_train 0", "--momentum 2",
                            "--progress loud", "--no_such_option"}) {
    EXPECT_THROW(parsed(wrong), CLI::ParseError) << wrong;
  }
}

TEST(NeuronOptions, CheckpointLiesBesideTheKeyUnlessSaid) {
  EXPECT_EQ(checkpoint_path(parsed("--neuron_key a/b.key")), "a/b.pt");
  EXPECT_EQ(checkpoint_path(parsed("--neuron_key a/b.key --save_model c.pt")), "c.pt");
}

}  // namespace
}  // namespace bittensor
