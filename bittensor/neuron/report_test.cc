// SPDX-License-Identifier: MIT
#include "bittensor/neuron/report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "torch/types.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

NeuronReport report(std::int64_t steps_helped) {
  NeuronReport report;
  report.local_accuracy = 0.9109;
  report.network_accuracy = 0.8012;
  report.steps = 938;
  report.steps_helped = steps_helped;
  report.weights = {{"3f2a91c0", 0.53}};
  return report;
}

TEST(NeuronReport, SaysHowWellTheNetworkDoes) {
  EXPECT_THAT(to_text(report(900)), HasSubstr("network test accuracy 80.12 %"));
  EXPECT_THAT(to_text(report(900)), HasSubstr("weights 3f2a91c0 0.530"));
}

// A neuron that trained alone: its network path had nothing to learn from.
TEST(NeuronReport, JudgesNoNetworkThatItHardlyHeard) {
  EXPECT_THAT(to_text(report(12)), Not(HasSubstr("80.12")));
  EXPECT_THAT(to_text(report(12)), HasSubstr("others answered in 12 of 938 steps"));
  EXPECT_TRUE(to_json(report(12))["hardly_helped"].get<bool>());
  EXPECT_FALSE(to_json(report(100))["hardly_helped"].get<bool>());
}

TEST(NeuronReport, RunThatHadNothingLeftToTrainJudges) {
  NeuronReport done = report(0);
  done.steps = 0;
  EXPECT_FALSE(hardly_helped(done));
}

TEST(LargestWeights, AreSortedAndCut) {
  std::vector<SynapseRecord> synapses(3);
  for (std::size_t i = 0; i < 3; ++i) {
    synapses[i].key = *PublicKey::from_bytes(std::string(PublicKey::kSize, static_cast<char>(i)));
  }
  const NamedWeights named =
      largest_weights(synapses, torch::tensor({0.1, 0.3, 0.2}, torch::kDouble), 2);
  EXPECT_EQ(named, (NamedWeights{{"01010101", 0.3}, {"02020202", 0.2}}));
}

}  // namespace
}  // namespace bittensor
