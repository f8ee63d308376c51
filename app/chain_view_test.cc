// SPDX-License-Identifier: MIT
#include "app/chain_view.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/wallet/ss58.h"

namespace bittensor {
namespace {

NeuronSnapshot two_neurons() {
  NeuronSnapshot snapshot;
  snapshot.block = 100;
  snapshot.neurons.resize(2);
  for (std::uint16_t uid = 0; uid < 2; ++uid) {
    ChainNeuron& neuron = snapshot.neurons[uid];
    neuron.uid = uid;
    neuron.hotkey.fill(static_cast<std::uint8_t>(1 + uid));
    neuron.last_update = 90;
  }
  snapshot.neurons[0].axon = *AxonInfo::at("127.0.0.2:8091");
  snapshot.neurons[0].incentive = 65535;
  snapshot.neurons[1].weights = {{0, 60000}, {1, 20000}, {7, 1}};
  return snapshot;
}

TEST(ChainView, ShowsNeuronsAndTheRatiosOfTheirWeights) {
  const NeuronSnapshot snapshot = two_neurons();
  const std::string giver = ss58_encode(snapshot.neurons[1].hotkey);
  const auto lines = lines_of(snapshot, giver);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ((*lines)[0].address, "127.0.0.2:8091");
  EXPECT_EQ((*lines)[0].incentive, 1);
  EXPECT_EQ((*lines)[1].age_s, 120);
  EXPECT_NEAR((*lines)[0].weight, 0.75, 0.001);
  EXPECT_NEAR((*lines)[1].weight, 0.25, 0.001);
  EXPECT_EQ((*lines)[1].row.size(), 2u);  // There is no uid 7.
}

TEST(ChainView, WhoseWeightsMustBeClear) {
  EXPECT_TRUE(lines_of(two_neurons(), "").ok());
  EXPECT_FALSE(lines_of(two_neurons(), "5").ok());
  EXPECT_FALSE(lines_of(two_neurons(), "nobody").ok());
}

}  // namespace
}  // namespace bittensor
