// SPDX-License-Identifier: MIT
#include "bittensor/chain/subtensor/neuron_info.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/hex.h"
#include "bittensor/chain/subtensor/metadata.h"
#include "bittensor/chain/subtensor/scale.h"
#include "bittensor/chain/testing/metagraph.h"
#include "bittensor/chain/testing/neurons_lite.h"
#include "bittensor/chain/testing/runtime_218.h"

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

// The real runtime of spec 218 has no such function; this one has, with the members of later ones.
std::shared_ptr<const Metadata> with_members(const std::string& members) {
  return Metadata::read(testing::with_get_metagraph(
                            testing::chain_test_data("metadata_218_v15.scale"), members))
      .value();
}

absl::StatusOr<std::vector<ChainNeuron>> read_as(const Metadata& metadata, std::uint16_t netuid,
                                                 absl::string_view answer) {
  return read_metagraph(metadata.types(),
                        metadata.method("SubnetInfoRuntimeApi_get_metagraph")->output, netuid,
                        answer);
}

TEST(Metagraph, SaysOfNeuronsWhatTheLiteFormSays) {
  const auto metadata = with_members(testing::kMetagraphMembers);
  const auto neurons = read_as(*metadata, 1, testing::metagraph(1, 70, testing::kMetagraphMembers));
  ASSERT_TRUE(neurons.ok()) << neurons.status();
  const auto lite = read_neurons_lite(1, testing::neurons_lite(1, 70));
  ASSERT_EQ(neurons->size(), 70u);
  for (std::size_t uid = 0; uid < 70; ++uid) {
    const ChainNeuron& neuron = (*neurons)[uid];
    const ChainNeuron& other = (*lite)[uid];
    EXPECT_EQ(neuron.uid, other.uid);
    EXPECT_EQ(neuron.hotkey, other.hotkey);
    EXPECT_EQ(neuron.coldkey, other.coldkey);
    EXPECT_EQ(neuron.axon, other.axon);
    EXPECT_EQ(neuron.active, other.active);
    EXPECT_EQ(neuron.validator_permit, other.validator_permit);
    EXPECT_EQ(neuron.incentive, other.incentive);
    EXPECT_EQ(neuron.emission, other.emission);
    EXPECT_EQ(neuron.last_update, other.last_update);
    EXPECT_EQ(neuron.registered_at, uid);
  }
}

TEST(Metagraph, MembersThatMovedCameOrWentDoNotMatter) {
  const std::string members =
      "mood:i incentives:C axons:X netuid:c block_at_registration:C worth:D hotkeys:A coldkeys:A";
  const auto neurons = read_as(*with_members(members), 1, testing::metagraph(1, 3, members));
  ASSERT_TRUE(neurons.ok()) << neurons.status();
  ASSERT_EQ(neurons->size(), 3u);
  EXPECT_EQ((*neurons)[2].incentive, 2);
  EXPECT_EQ((*neurons)[2].axon.address(), "10.0.0.2:8091");
  EXPECT_FALSE((*neurons)[2].active);  // not said
  const std::string fewer = "netuid:c hotkeys:A coldkeys:A";
  EXPECT_FALSE(read_as(*with_members(fewer), 1, testing::metagraph(1, 3, fewer)).ok());
}

TEST(Metagraph, NothingElseIsRead) {
  const auto metadata = with_members(testing::kMetagraphMembers);
  const std::string good = testing::metagraph(1, 3, testing::kMetagraphMembers);
  EXPECT_EQ(read_as(*metadata, 1, std::string(1, '\0')).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(read_as(*metadata, 2, good).ok());  // of another subnet
  EXPECT_FALSE(read_as(*metadata, 1, good + "x").ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_as(*metadata, 1, absl::string_view(good).substr(0, size)).ok()) << size;
  }
  // A function that answers something else.
  EXPECT_EQ(read_metagraph(metadata->types(), 0, 1, good).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(WeightRow, IsPairs) {
  EXPECT_THAT(read_weight_row(*hex_to_bytes("080100ffff03000200")).value(),
              ElementsAre(Pair(1, 65535), Pair(3, 2)));
  EXPECT_FALSE(read_weight_row(*hex_to_bytes("080100ffff0300")).ok());
  EXPECT_FALSE(read_weight_row("").ok());
}

}  // namespace
}  // namespace bittensor
