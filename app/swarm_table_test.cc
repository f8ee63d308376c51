// SPDX-License-Identifier: MIT
#include "app/swarm_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using nlohmann::json;
using testing::Eq;
using ::testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string key_of(int number) {
  return std::string(7, '0') + std::string(57, static_cast<char>('a' + number));
}

SwarmRow row(int number, const json& weights = json::object()) {
  return {key_of(number),
          {{"local_accuracy", 0.95},
           {"network_accuracy", 0.952},
           {"test_loss", 0.1712},
           {"images_per_second", 2487.3},
           {"answers_ok", 948},
           {"answers_failed", 1},
           {"weights", weights}},
          ""};
}

// `number` of `of` neurons, which values each peer as much as its number says.
SwarmRow one_of(int number, int of) {
  json weights;
  for (int i = 0; i < of; ++i) {
    if (i != number) weights[key_of(i).substr(0, 8)] = 0.01 * i;
  }
  return row(number, weights);
}

std::vector<SwarmRow> swarm(int neurons) {
  std::vector<SwarmRow> rows;
  for (int i = 0; i < neurons; ++i) rows.push_back(one_of(i, neurons));
  return rows;
}

std::size_t longest_line(const std::string& text) {
  std::size_t most = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n'))
    most = std::max(most, line.size());
  return most;
}

TEST(SwarmTable, ShowsWhatBecameOfEachNeuron) {
  EXPECT_EQ(swarm_table(swarm(2)),
            "neuron  key       local  network  test loss  samples/s  answers    weights\n"
            "                  %      %                              ok/failed\n"
            "0       0000000a  95.00  95.20    0.1712     2487       948/1      1: 0.010\n"
            "1       0000000b  95.00  95.20    0.1712     2487       948/1      0: 0.000\n");
}

TEST(SwarmTable, ShowsAControlAndWhatWasTaughtWhereThereIsSome) {
  std::vector<SwarmRow> rows = swarm(2);
  rows[1].report["alone_accuracy"] = 0.913;
  rows[1].report["lessons_given"] = 600;
  rows[1].report["lessons_taken"] = 598;
  rows[1].report["gradients_given"] = 590;
  rows[1].report["gradients_taken"] = 0;
  const std::vector<std::string> lines = absl::StrSplit(swarm_table(rows), '\n');
  EXPECT_THAT(lines[0], HasSubstr("alone  local  network"));
  EXPECT_THAT(lines[1], HasSubstr("ok/failed  given/taken  given/taken"));
  EXPECT_THAT(lines[2], HasSubstr("0000000a  -      95.00"));
  EXPECT_THAT(lines[3], HasSubstr("0000000b  91.30  95.00"));
  EXPECT_THAT(lines[3], HasSubstr("948/1      600/598      590/0"));
}

TEST(SwarmTable, OfManyWeightsALineHasTheLargestAndAMatrixAll) {
  const std::string table = swarm_table(swarm(12));
  EXPECT_LE(longest_line(table), 120u);
  EXPECT_THAT(table, HasSubstr("11: 0.110  10: 0.100  9: 0.090  +8 more"));
  EXPECT_THAT(table, HasSubstr("\nof 0     -     0.01  0.02  0.03"));
  EXPECT_THAT(table, HasSubstr("\nof 11    0.00  0.01"));
}

TEST(SwarmTable, WhereTheLinesHaveAllWeightsOrTheyAreTooManyThereIsNoMatrix) {
  EXPECT_THAT(swarm_table(swarm(4)), Not(HasSubstr("of 0")));
  EXPECT_THAT(swarm_table(swarm(13)), Not(HasSubstr("of 0")));
}

TEST(SwarmTable, NeuronsOutsideTheSwarmAreNamedByTheirKeys) {
  EXPECT_THAT(swarm_table({row(0, {{"deadbeef", 0.75}})}), HasSubstr("deadbeef: 0.750"));
}

TEST(SwarmTable, ShowsWhyANeuronFailed) {
  std::vector<SwarmRow> rows = swarm(2);
  rows[1] = {"", nullptr, "exit status 1: no data"};
  const std::vector<std::string> lines = absl::StrSplit(swarm_table(rows), '\n');
  EXPECT_THAT(lines[3], testing::MatchesRegex("1 +-  +- +-.*exit status 1: no data"));
}

TEST(SwarmTable, WhatIsNoNumberIsNotShown) {
  std::vector<SwarmRow> rows = swarm(2);
  rows[0].report["test_loss"] = nullptr;
  rows[1].report["weights"] = {{"0000000a", nullptr}};
  EXPECT_THAT(swarm_table(rows), HasSubstr("95.20    -          2487"));
}

TEST(SwarmSummary, SaysWhatJoiningWasWorth) {
  std::vector<SwarmRow> rows = swarm(2);
  rows[0].report["alone_accuracy"] = 0.91;
  rows[1].report["alone_accuracy"] = 0.916;
  rows[1].report["network_accuracy"] = 0.95;
  EXPECT_THAT(swarm_summary(rows),
              Eq("What joining was worth, on average: from 91.3 % alone to 95.0 % local (+3.7) and "
                 "95.1 % with the network (+3.8)"));
}

TEST(SwarmSummary, WithoutAControlSaysHowGoodTheyAre) {
  EXPECT_EQ(swarm_summary(swarm(2)), "On average: 95.0 % local and 95.2 % with the network");
  EXPECT_THAT(swarm_summary({{"", nullptr, "stopped"}}), IsEmpty());
}

}  // namespace
}  // namespace bittensor
