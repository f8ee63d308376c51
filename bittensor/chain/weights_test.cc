// SPDX-License-Identifier: MIT
#include "bittensor/chain/weights.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

SubnetHyperparameters subnet_of(std::uint64_t neurons) {
  SubnetHyperparameters subnet;
  subnet.neurons = neurons;
  subnet.max_weight_limit = 65535;
  return subnet;
}

TEST(ChainWeights, TheLargestIsOne) {
  EXPECT_THAT(chain_weights({{2, 0.2}, {0, 0.1}}, subnet_of(3)).value(),
              ElementsAre(Pair(0, 32768), Pair(2, 65535)));
  EXPECT_THAT(chain_weights({{1, 1e-9}, {0, 7}}, subnet_of(3)).value(),
              ElementsAre(Pair(0, 65535)));
}

TEST(ChainWeights, ZerosFillUpToTheLeastNumber) {
  SubnetHyperparameters subnet = subnet_of(4);
  subnet.min_allowed_weights = 2;
  EXPECT_THAT(chain_weights({{0, 1}, {1, 0}, {3, 0}}, subnet).value(),
              ElementsAre(Pair(0, 65535), Pair(1, 0)));
  EXPECT_EQ(chain_weights({{0, 1}}, subnet).status().code(), absl::StatusCode::kFailedPrecondition);
}

// 1,024 is what later runtimes begin with.
TEST(ChainWeights, ASubnetWantsNoMoreWeightsThanItHasNeurons) {
  SubnetHyperparameters subnet = subnet_of(3);
  subnet.min_allowed_weights = 1024;
  EXPECT_THAT(chain_weights({{0, 0}, {1, 1}, {2, 0}}, subnet).value(),
              ElementsAre(Pair(0, 0), Pair(1, 65535), Pair(2, 0)));
  EXPECT_EQ(chain_weights({{1, 1}, {2, 0}}, subnet).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ChainWeights, NoneIsMoreThanItsShare) {
  SubnetHyperparameters subnet = subnet_of(4);
  subnet.max_weight_limit = 26214;  // 0.4
  const auto row = chain_weights({{0, 8}, {1, 1}, {2, 1}, {3, 1}}, subnet).value();
  double sum = 0;
  for (const auto& weight : row) sum += weight.second;
  for (const auto& weight : row) EXPECT_LE(weight.second / sum, 0.4001) << weight.first;
  // Two neurons cannot both stay below 0.4.
  EXPECT_THAT(chain_weights({{0, 8}, {1, 1}}, subnet).value(),
              ElementsAre(Pair(0, 65535), Pair(1, 65535)));
  EXPECT_THAT(chain_weights({{0, 8}, {1, 0}}, subnet).value(), ElementsAre(Pair(0, 65535)));
}

TEST(ChainWeights, RefusesWhatIsNoWeight) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kHuge = std::numeric_limits<double>::max();
  EXPECT_FALSE(chain_weights({}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{0, 0}}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{0, -1}, {1, 2}}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{0, kNan}}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{0, kHuge}, {1, kHuge}}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{0, 1}, {0, 1}}, subnet_of(3)).ok());
  EXPECT_FALSE(chain_weights({{3, 1}}, subnet_of(3)).ok());
}

}  // namespace
}  // namespace bittensor
