// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/yuma.h"

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using U16 = std::vector<std::uint16_t>;
using U64 = std::vector<std::uint64_t>;

YumaNeurons neurons_with(U64 stake) {
  YumaNeurons neurons;
  const std::size_t n = stake.size();
  neurons.stake = std::move(stake);
  neurons.permits.assign(n, true);
  neurons.weights.resize(n);
  neurons.bonds.resize(n);
  neurons.last_update.assign(n, 1);
  neurons.registered_at.assign(n, 0);
  return neurons;
}

YumaParameters parameters_at(std::uint64_t block, std::uint64_t tempo = 1) {
  YumaParameters parameters;
  parameters.block = block;
  parameters.tempo = tempo;
  parameters.emission = 1'000'000'000;
  return parameters;
}

YumaResult epoch(const YumaNeurons& neurons, const YumaParameters& parameters) {
  auto result = yuma_epoch(neurons, parameters);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

U16 column(const std::vector<YumaRow>& rows, std::uint16_t j) {
  U16 values;
  for (const YumaRow& row : rows) {
    for (const auto& [i, value] : row) {
      if (i == j) values.push_back(value);
    }
  }
  return values;
}

nlohmann::json golden() {
  std::ifstream file("tests/golden/yuma/spec300.json");
  return nlohmann::json::parse(file);
}

TEST(Yuma, EqualsTheEpochsOfAChainBitForBit) {
  const auto cases = golden()["cases"];
  ASSERT_THAT(cases, SizeIs(6));
  for (std::size_t k = 0; k < cases.size(); ++k) {
    SCOPED_TRACE(k);
    const auto& given = cases[k];
    const auto& wanted = given["out"];
    YumaNeurons neurons;
    given["stake"].get_to(neurons.stake);
    given["permit"].get_to(neurons.permits);
    given["weights"].get_to(neurons.weights);
    given["bonds"].get_to(neurons.bonds);
    given["reg"].get_to(neurons.registered_at);
    given["lastUpdate"].get_to(neurons.last_update);
    YumaParameters parameters;
    wanted["block"].get_to(parameters.block);
    given["tempo"].get_to(parameters.tempo);
    given["kappa"].get_to(parameters.kappa);
    given["penalty"].get_to(parameters.bonds_penalty);
    given["bma"].get_to(parameters.bonds_moving_average);
    given["cutoff"].get_to(parameters.activity_cutoff);

    const YumaResult result = epoch(neurons, parameters);
    EXPECT_EQ(result.rank, wanted["rank"].get<U16>());
    EXPECT_EQ(result.trust, wanted["trust"].get<U16>());
    EXPECT_EQ(result.consensus, wanted["consensus"].get<U16>());
    EXPECT_EQ(result.incentive, wanted["incentive"].get<U16>());
    EXPECT_EQ(result.dividends, wanted["dividends"].get<U16>());
    EXPECT_EQ(result.validator_trust, wanted["validatorTrust"].get<U16>());
    EXPECT_EQ(result.permits, wanted["validatorPermit"].get<std::vector<bool>>());
    EXPECT_EQ(result.active, wanted["active"].get<std::vector<bool>>());
    EXPECT_EQ(result.emission, wanted["emission"].get<U64>());
    EXPECT_EQ(result.bonds, wanted["bonds"].get<std::vector<YumaRow>>());
  }
}

// The pallet's test_bonds: validators change their minds one after another.
TEST(Yuma, BondsFollowTheWeights) {
  YumaNeurons neurons = neurons_with({1, 2, 3, 4, 0, 0, 0, 0});
  neurons.permits.assign(8, false);
  YumaParameters parameters = parameters_at(0);
  parameters.max_validators = 8;
  YumaResult result = epoch(neurons, parameters);
  EXPECT_THAT(result.permits, ElementsAre(true, true, true, true, false, false, false, false));
  EXPECT_THAT(result.emission, ElementsAre(99999999, 199999999, 299999999, 399999999, 0, 0, 0, 0));

  for (std::size_t i = 0; i < 4; ++i) {
    neurons.weights[i] = {{4, 16383}, {5, 32767}, {6, 49149}, {7, 65535}};
  }
  const auto next = [&] {
    neurons.permits = result.permits;
    neurons.bonds = result.bonds;
    ++parameters.block;
    result = epoch(neurons, parameters);
  };
  next();
  EXPECT_THAT(result.emission, ElementsAre(49999998, 99999999, 150000000, 200000001, 49998779,
                                           100000610, 149996337, 200004272));
  EXPECT_THAT(result.consensus, ElementsAre(0, 0, 0, 0, 6553, 13107, 19660, 26214));
  EXPECT_THAT(result.incentive, ElementsAre(0, 0, 0, 0, 6553, 13107, 19660, 26214));
  EXPECT_THAT(result.dividends, ElementsAre(6553, 13106, 19660, 26214, 0, 0, 0, 0));
  EXPECT_THAT(result.validator_trust, ElementsAre(65534, 65534, 65534, 65534, 0, 0, 0, 0));
  for (std::uint16_t j = 4; j < 8; ++j) {
    EXPECT_THAT(column(result.bonds, j), ElementsAre(16383, 32767, 49151, 65535));
  }

  neurons.weights[0] = {{0, 65535}};  // does not count: of itself
  next();
  EXPECT_THAT(result.emission, ElementsAre(44998351, 101110561, 151667215, 202223870, 49998779,
                                           100000610, 149996337, 200004272));
  EXPECT_THAT(column(result.bonds, 7), ElementsAre(14582, 32767, 49151, 65535));
  neurons.weights[1] = {{1, 65535}};
  next();
  EXPECT_THAT(result.emission, ElementsAre(40496805, 90999783, 157929636, 210573773, 49998779,
                                           100000610, 149996337, 200004272));
  EXPECT_THAT(column(result.bonds, 7), ElementsAre(12603, 28321, 49151, 65535));
  neurons.weights[2] = {{2, 65535}};  // no majority for anybody any more
  next();
  EXPECT_THAT(result.incentive, Each(0));
  EXPECT_THAT(result.emission, ElementsAre(99999999, 199999999, 299999999, 399999999, 0, 0, 0, 0));
  EXPECT_THAT(column(result.bonds, 7), ElementsAre(12602, 28320, 49150, 65535));
  neurons.weights[2] = {{7, 65535}};
  next();
  EXPECT_THAT(result.emission,
              ElementsAre(36443733, 81898628, 163565493, 218092144, 0, 0, 0, 500000000));
  EXPECT_EQ(result.consensus[7], 26214);
  EXPECT_EQ(result.incentive[7], 65535);
  EXPECT_THAT(column(result.bonds, 7), ElementsAre(10951, 24609, 49150, 65535));
  next();
  EXPECT_THAT(result.emission,
              ElementsAre(32799427, 73706612, 168638129, 224855830, 0, 0, 0, 500000000));
  next();
  EXPECT_THAT(result.emission,
              ElementsAre(29518068, 66336137, 173203134, 230942659, 0, 0, 0, 500000000));
  EXPECT_THAT(column(result.bonds, 7), ElementsAre(8376, 18824, 49150, 65535));
}

// test_active_stake.
TEST(Yuma, WhoSetsNoWeightsLosesDividends) {
  YumaNeurons neurons = neurons_with({1, 1, 1, 1});
  neurons.weights[0] = neurons.weights[1] = {{2, 65535}, {3, 65535}};
  neurons.last_update = {1, 1, 0, 0};
  YumaResult result = epoch(neurons, parameters_at(1));
  EXPECT_THAT(result.emission, Each(250000000));
  EXPECT_THAT(result.dividends, ElementsAre(32767, 32767, 0, 0));

  neurons.bonds = result.bonds;
  neurons.last_update = {5002, 1, 0, 0};
  result = epoch(neurons, parameters_at(5002));
  EXPECT_THAT(result.active, ElementsAre(true, false, false, false));
  EXPECT_THAT(result.emission, ElementsAre(274999999, 224999999, 250000000, 250000000));
  EXPECT_THAT(result.dividends, ElementsAre(36044, 29490, 0, 0));
  EXPECT_THAT(column(result.bonds, 2), ElementsAre(65535, 53619));

  neurons.bonds = result.bonds;
  neurons.last_update = {5002, 5002, 0, 0};
  result = epoch(neurons, parameters_at(5003));
  EXPECT_THAT(result.emission, ElementsAre(272501132, 227498866, 250000000, 250000000));
  EXPECT_THAT(result.dividends, ElementsAre(35716, 29818, 0, 0));
  EXPECT_THAT(column(result.bonds, 2), ElementsAre(65535, 54712));
}

// test_outdated_weights.
TEST(Yuma, WeightsOfANeuronThatWasReplacedDoNotCount) {
  YumaNeurons neurons = neurons_with({1, 1, 1, 1});
  neurons.weights = {
      {{2, 65535}, {3, 32768}}, {{2, 65535}, {3, 32768}}, {{2, 65535}}, {{3, 65535}}};
  YumaResult result = epoch(neurons, parameters_at(1, 0));
  EXPECT_THAT(result.emission, ElementsAre(250000000, 250000000, 333331637, 166668361));

  neurons.bonds = result.bonds;
  neurons.stake[3] = 0;
  neurons.registered_at[3] = 1;
  neurons.permits[3] = false;
  neurons.last_update[0] = 2;
  result = epoch(neurons, parameters_at(2, 0));
  EXPECT_THAT(result.consensus, ElementsAre(0, 0, 43689, 0));
  EXPECT_THAT(result.emission, ElementsAre(250000000, 250000000, 500000000, 0));
  EXPECT_THAT(result.dividends, ElementsAre(32767, 32767, 0, 0));
  EXPECT_THAT(result.bonds[0],
              ElementsAre(YumaRow::value_type(2, 65535), YumaRow::value_type(3, 65535)));
}

// test_10_graph, test_zero_weights.
TEST(Yuma, WithoutWeightsOfOthersStakeEarns) {
  YumaNeurons ten = neurons_with(U64(10, 1));
  for (std::uint16_t i = 0; i < 10; ++i) ten.weights[i] = {{i, 65535}};
  const YumaResult result = epoch(ten, parameters_at(1));
  EXPECT_THAT(result.incentive, Each(0));
  EXPECT_THAT(result.dividends, Each(0));
  EXPECT_THAT(result.emission, Each(99999999));

  YumaNeurons two = neurons_with({1, 0});
  EXPECT_THAT(epoch(two, parameters_at(1)).emission, ElementsAre(1000000000, 0));
  two.weights[0] = {{1, 65535}};
  EXPECT_THAT(epoch(two, parameters_at(1)).emission, ElementsAre(500000000, 500000000));
  two.registered_at[1] = 1;
  EXPECT_THAT(epoch(two, parameters_at(1)).emission, ElementsAre(1000000000, 0));
}

TEST(Yuma, OnlyThoseWithTheMostStakeArePermitted) {
  YumaParameters parameters = parameters_at(1);
  parameters.max_validators = 2;
  const YumaNeurons neurons = neurons_with({5, 5, 5, 4});
  EXPECT_THAT(epoch(neurons, parameters).permits, ElementsAre(false, true, true, false));
  parameters.owner = 3;
  EXPECT_THAT(epoch(neurons, parameters).permits, ElementsAre(false, true, true, true));
}

TEST(Yuma, TheOwnerMayValueItselfAndNeedsNoStakeThreshold) {
  YumaNeurons neurons = neurons_with({1, 1});
  neurons.permits = {false, false};
  neurons.weights[0] = {{0, 65535}};
  YumaParameters parameters = parameters_at(1);
  parameters.stake_threshold = 2;
  parameters.owner = 0;
  const YumaResult result = epoch(neurons, parameters);
  EXPECT_THAT(result.incentive, ElementsAre(65535, 0));
  EXPECT_THAT(result.permits, ElementsAre(true, false));
}

TEST(Yuma, WeightsFromBeforeARegistrationDoNotCountWhileACommitWaits) {
  YumaNeurons neurons = neurons_with({1, 1, 0});
  neurons.weights[0] = {{2, 65535}};
  neurons.weights[1] = {{2, 65535}};
  neurons.last_update = {9, 9, 9};
  neurons.registered_at = {0, 0, 5};
  neurons.oldest_commit = {YumaNeurons::kNoCommit, 6, 6};
  EXPECT_EQ(epoch(neurons, parameters_at(10)).incentive[2], 65535);
  neurons.oldest_commit = {5, 5, 5};
  EXPECT_EQ(epoch(neurons, parameters_at(10)).incentive[2], 0);
}

TEST(Yuma, NobodyHasNothing) {
  EXPECT_THAT(epoch(neurons_with({}), parameters_at(1)).emission, SizeIs(0));
  const YumaResult result = epoch(neurons_with({0, 0}), parameters_at(1));
  EXPECT_THAT(result.emission, Each(0));
  EXPECT_THAT(result.permits, Each(false));
}

TEST(Yuma, ExtremesOfKappaAreLeastAndLargest) {
  YumaNeurons neurons = neurons_with({1, 1, 1, 0, 0});
  neurons.weights[0] = {{3, 1}, {4, 3}};
  neurons.weights[1] = {{3, 1}, {4, 1}};
  neurons.weights[2] = {{3, 3}, {4, 1}};
  YumaParameters parameters = parameters_at(1);
  parameters.kappa = 65535;
  EXPECT_THAT(epoch(neurons, parameters).consensus, ElementsAre(0, 0, 0, 16383, 16383));
  parameters.kappa = 0;
  EXPECT_THAT(epoch(neurons, parameters).consensus, ElementsAre(0, 0, 0, 49151, 49151));
}

TEST(Yuma, WrongInputIsRefusedByName) {
  const auto refusal = [](const YumaNeurons& neurons, const YumaParameters& parameters) {
    const auto result = yuma_epoch(neurons, parameters);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(result.status().message());
  };
  const YumaParameters good = parameters_at(1);
  YumaNeurons neurons = neurons_with({1, 1});
  neurons.weights[1] = {{2, 1}};
  EXPECT_THAT(refusal(neurons, good), HasSubstr("weights of neuron 1 name 2"));
  neurons.weights[1] = {{0, 1}, {0, 1}};
  EXPECT_THAT(refusal(neurons, good), HasSubstr("twice"));
  neurons = neurons_with({1, 1});
  neurons.permits.pop_back();
  EXPECT_THAT(refusal(neurons, good), HasSubstr("permits"));
  neurons = neurons_with({std::uint64_t{1} << 63, std::uint64_t{1} << 63});
  EXPECT_THAT(refusal(neurons, good), HasSubstr("stakes"));
  EXPECT_THAT(refusal(neurons_with(U64(kMaxYumaNeurons + 1)), good), HasSubstr("4096"));
  YumaParameters parameters = good;
  parameters.bonds_moving_average = 1'000'001;
  EXPECT_THAT(refusal(neurons_with({1}), parameters), HasSubstr("bonds_moving_average"));
  parameters = good;
  parameters.owner = 1;
  EXPECT_THAT(refusal(neurons_with({1}), parameters), HasSubstr("own"));
}

}  // namespace
}  // namespace bittensor
