// SPDX-License-Identifier: MIT
//
// What gossip costs a network at rest. gossip_bench.cc does the same with 1,000 neurons.
#include "bittensor/metagraph/testing/swarm.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

constexpr int kSettle = 12;  // rounds until as much is under way as ever will be

double bytes_per_neuron_and_round(Swarm& swarm, int neurons) {
  swarm.run_rounds(kSettle);
  const std::uint64_t before = swarm.bytes_sent();
  constexpr int kRounds = 6;
  swarm.run_rounds(kRounds);
  return static_cast<double>(swarm.bytes_sent() - before) / neurons / kRounds;
}

TEST(Swarm, NewsReachesAHundredAndFiftyWithinEightRounds) {
  Swarm swarm(150);
  swarm.run_rounds(3);
  EXPECT_LE(swarm.rounds_until_all_know_news(20), 8);
}

TEST(Swarm, TrafficOfANeuronDoesNotGrowWithTheNetwork) {
  Swarm small(100);
  const double few = bytes_per_neuron_and_round(small, 100);
  Swarm large(180);
  const double many = bytes_per_neuron_and_round(large, 180);
  EXPECT_TRUE(small.whole() && large.whole());
  EXPECT_LT(many, 1.15 * few) << few << " and " << many << " bytes";
}

}  // namespace
}  // namespace bittensor
