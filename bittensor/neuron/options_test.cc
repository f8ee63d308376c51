// SPDX-License-Identifier: MIT
#include "bittensor/neuron/options.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"

#include "bittensor/command_line/command_line.h"
#include "bittensor/neuron/parts.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

absl::Status parse(const std::string& words, NeuronOptions& options) {
  CLI::App app;
  add_neuron_options(app, options);
  return read_command_line(app, absl::StrSplit(words, ' ', absl::SkipEmpty())).status();
}

NeuronOptions parsed(const std::string& words) {
  NeuronOptions options;
  const absl::Status status = parse(words, options);
  EXPECT_TRUE(status.ok()) << status;
  return options;
}

std::string error_of(const std::string& words) {
  NeuronOptions options;
  return std::string(parse(words, options).message());
}

TEST(NeuronOptions, LastOneCounts) {
  EXPECT_EQ(parsed("--epochs 3 --epochs 5").epochs, 5);
}

TEST(NeuronOptions, BootstrapsMayBeGivenAgainOrWithCommas) {
  const std::vector<std::string> three = {"a:1", "b:2", "c:3"};
  EXPECT_EQ(parsed("--bootstrap a:1 --bootstrap b:2,c:3").metagraph.bootstrap, three);
}

TEST(NeuronOptions, SetThePartsOwnOptions) {
  const NeuronOptions options = parsed(
      "--timeout 0.25 --compression int8 --topk 3 --max_peers 7 --ask_interval 2 --give gradients "
      "--learn_from earned --lessons 5 --axon_max_message_megabytes 2 --axon_max_rows 9 "
      "--axon_max_queue_megabytes 3 --axon_megabytes_per_second 1.5 --axon_concurrent_per_key 4 "
      "--record_difficulty 12 --allow_unsigned --weights score");
  EXPECT_EQ(options.dendrite.timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(options.dendrite.calls.compression, Compression::kInt8);
  EXPECT_EQ(options.router.topk, 3);
  EXPECT_EQ(options.step.max_peers, 7u);
  EXPECT_EQ(options.step.ask_interval, 2);
  EXPECT_EQ(options.step.learning.give, Give::kGradients);
  EXPECT_EQ(options.step.learning.learn_from, LearnFrom::kEarned);
  EXPECT_EQ(options.step.learning.lessons, 5);
  EXPECT_EQ(options.axon.max_message_bytes, 2u << 20);
  EXPECT_EQ(options.axon.max_rows, 9);
  EXPECT_EQ(options.axon.queue.max_bytes, 3u << 20);
  EXPECT_EQ(options.axon.admission.bytes_per_second, 1.5 * (1 << 20));
  EXPECT_EQ(options.axon.admission.concurrent_per_key, 4u);
  EXPECT_EQ(options.metagraph.difficulty, 12);
  EXPECT_TRUE(options.axon.allow_unsigned);
  EXPECT_TRUE(options.step.weights_from_scores);
  EXPECT_EQ(router_options(options).prior, 0.25);
}

// What --help and --print-config show as a default is what the options begin with.
TEST(NeuronOptions, DefaultsThatAreShownAreThoseThatCount) {
  NeuronOptions options;
  CLI::App app;
  add_neuron_options(app, options);
  const auto shown = read_command_line(app, {"--print-config"});
  ASSERT_TRUE(shown.ok() && shown->has_value());
  for (const char* line :
       {"\ntimeout = 5 ", "\ncompression = \"none\" ", "\ntopk = 10 ",
        "\naxon_megabytes_per_second = 512 ", "\naxon_max_queue_megabytes = 256 ",
        "\ngive = \"labels\" ", "\nlearn_from = \"known\" ", "\nknown = [] ",
        "\nrecord_difficulty = 18 ", "\nweights = \"contribution\" "}) {
    EXPECT_THAT(**shown, HasSubstr(line));
  }
}

TEST(NeuronOptions, KeysAreReadWhenTheyAreNamed) {
  const std::string key(64, 'a');
  const std::string file = ::testing::TempDir() + "/options_test.keys";
  std::ofstream(file) << "# others\n" << std::string(64, 'b') << "  # one\n\n";
  EXPECT_EQ(parsed("--known " + key + "," + file).step.learning.known.size(), 2u);
  EXPECT_EQ(parsed("--axon_allow " + key).axon.admission.allow.size(), 1u);
  std::ofstream(file) << "# nobody\n";
  EXPECT_THAT(error_of("--axon_allow " + file), HasSubstr("--axon_allow: names no key"));
  std::ofstream(file) << "\nno key\n";
  EXPECT_THAT(error_of("--axon_deny " + file), HasSubstr(file + ":2: "));
  std::filesystem::remove(file);
  EXPECT_THAT(error_of("--known 1234"), HasSubstr("--known: 1234 is neither a key"));
}

TEST(NeuronOptions, WhatIsOutOfRangeOrUnknownIsRefused) {
  for (const char* wrong :
       {"--axon_port 65536", "--batch_size_train 0", "--momentum 2", "--progress loud",
        "--compression int4", "--give everything", "--learn_from all", "--weights none",
        "--timeout 0", "--axon_max_message_megabytes 2000", "--no_such_option"}) {
    const std::vector<std::string> words = absl::StrSplit(wrong, ' ');
    EXPECT_THAT(error_of(wrong), HasSubstr(words.front()));
  }
}

TEST(NeuronOptions, CheckpointLiesBesideTheKeyUnlessSaid) {
  EXPECT_EQ(checkpoint_path(parsed("--neuron_key a/b.key")), "a/b.pt");
  EXPECT_EQ(checkpoint_path(parsed("--neuron_key a/b.key --save_model c.pt")), "c.pt");
}

}  // namespace
}  // namespace bittensor
