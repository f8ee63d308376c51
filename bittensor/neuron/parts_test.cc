// SPDX-License-Identifier: MIT
#include "bittensor/neuron/parts.h"

#include "gtest/gtest.h"

namespace bittensor {
namespace {

Axon::Options axon_of(const NeuronOptions& options) {
  const auto axon = axon_options(options);
  EXPECT_TRUE(axon.ok()) << axon.status();
  return *axon;
}

TEST(Parts, JoinedRequestsHaveNoMoreRowsThanOneMayHave) {
  NeuronOptions options;
  options.axon_max_rows = 16;
  EXPECT_EQ(axon_of(options).max_rows, 16);
  EXPECT_EQ(axon_of(options).max_joined_rows, 16);
  options.axon_max_rows = 4096;
  EXPECT_EQ(axon_of(options).max_joined_rows, Axon::Options().max_joined_rows);
}

}  // namespace
}  // namespace bittensor
