// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/neuron_info.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/chain/subtensor/scale.h"
#include "bittensor/chain/testing/neurons_lite.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(NeuronsLite, BothWrappingsAreRead) {
  const std::string bare = testing::neurons_lite(1, 3);
  ScaleWriter wrapped;
  wrapped.byte_string(bare);
  for (const std::string& answer : {bare, wrapped.bytes()}) {
    const auto neurons = read_neurons_lite(1, answer);
    ASSERT_TRUE(neurons.ok()) << neurons.status();
    ASSERT_EQ(neurons->size(), 3u);
    EXPECT_EQ((*neurons)[2].uid, 2);
    EXPECT_EQ((*neurons)[2].stake, 3'000'000'002u);
    EXPECT_EQ((*neurons)[2].axon.address(), "10.0.0.2:8091");
    EXPECT_EQ((*neurons)[2].incentive, 2);
    EXPECT_EQ((*neurons)[2].last_update, 1002u);
  }
}

// What the real runtime of spec 218 answers for a fresh subnet.
TEST(NeuronsLite, TheRuntimesAnswerIsRead) {
  const std::string answer =
      *hex_to_bytes("410204" + std::string(2 * 64, '0') + "0004" + std::string(2 * 77, '0'));
  const auto neurons = read_neurons_lite(1, answer);
  ASSERT_TRUE(neurons.ok()) << neurons.status();
  EXPECT_EQ(neurons->size(), 1u);
}

TEST(NeuronsLite, NothingElseIsRead) {
  const std::string good = testing::neurons_lite(1, 3);
  EXPECT_FALSE(read_neurons_lite(2, good).ok());  // of another subnet
  EXPECT_FALSE(read_neurons_lite(1, good + "x").ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_neurons_lite(1, absl::string_view(good).substr(0, size)).ok()) << size;
  }
}

TEST(WeightRow, IsPairs) {
  EXPECT_THAT(read_weight_row(*hex_to_bytes("080100ffff03000200")).value(),
              ElementsAre(Pair(1, 65535), Pair(3, 2)));
  EXPECT_FALSE(read_weight_row(*hex_to_bytes("080100ffff0300")).ok());
  EXPECT_FALSE(read_weight_row("").ok());
}

}  // namespace
}  // namespace bittensor
