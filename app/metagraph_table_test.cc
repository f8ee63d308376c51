// SPDX-License-Identifier: MIT
#include "app/metagraph_table.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<NeuronLine> two() {
  NeuronLine a;
  a.key = std::string(64, 'a');
  a.address = "10.0.0.1:8091";
  a.modality = "image";
  a.shape = "1x28x28";
  a.proven = true;
  a.weight = 0.25;
  a.incentive = 0.75;
  a.latency_ms = 1.5;
  NeuronLine b;
  b.key = std::string(64, 'b');
  b.address = "bad\x1b[2J\n,\"host\"";
  b.weight = 0.5;
  b.row = {{a.key, 1.0}, {"stranger", 0.5}};
  return {a, b};
}

TEST(MetagraphTable, ShowsAndObeysNobody) {
  const std::string table = text_of(two(), TableForm::kTable);
  EXPECT_THAT(table, StartsWith("key       address"));
  EXPECT_THAT(table, HasSubstr("aaaaaaaa  10.0.0.1:8091"));
  EXPECT_THAT(table, HasSubstr("0.7500"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3);
}

TEST(MetagraphTable, SortsByAnyColumn) {
  std::vector<NeuronLine> lines = two();
  ASSERT_TRUE(sort_lines(lines, "-weight").ok());
  EXPECT_EQ(lines[0].weight, 0.5);
  ASSERT_TRUE(sort_lines(lines, "key").ok());
  EXPECT_EQ(lines[0].weight, 0.25);
  ASSERT_TRUE(sort_lines(lines, "-latency_ms").ok());
  EXPECT_FALSE(lines[0].latency_ms.has_value());
  EXPECT_THAT(std::string(sort_lines(lines, "wieght").message()), HasSubstr("incentive"));
}

TEST(MetagraphTable, JsonHasNumbersAndRows) {
  const auto json = nlohmann::json::parse(text_of(two(), TableForm::kJson));
  EXPECT_EQ(json[0]["incentive"], 0.75);
  EXPECT_EQ(json[0]["proven"], true);
  EXPECT_TRUE(json[1]["latency_ms"].is_null());
  EXPECT_EQ(json[1]["weights"][std::string(64, 'a')], 1.0);
  std::vector<NeuronLine> lines = two();
  lines[0].address = "\xff";
  EXPECT_TRUE(nlohmann::json::accept(text_of(lines, TableForm::kJson)));
}

TEST(MetagraphTable, CsvQuotesWhatItMust) {
  const std::string csv = text_of(two(), TableForm::kCsv);
  EXPECT_THAT(csv, StartsWith("key,address,"));
  EXPECT_THAT(csv, HasSubstr(",\"bad\x1b[2J\n,\"\"host\"\"\","));
}

TEST(MetagraphTable, DotHasTheWeightsOfThoseKnown) {
  const std::string dot = text_of(two(), TableForm::kDot);
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  EXPECT_THAT(dot, HasSubstr("\"" + b + "\" -> \"" + a + "\""));
  EXPECT_THAT(dot, Not(HasSubstr("stranger")));
}

}  // namespace
}  // namespace bittensor
