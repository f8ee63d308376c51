// SPDX-License-Identifier: MIT
#include "bittensor/command_line/options_file.h"

#include "gmock/gmock.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> values_in(const std::string& toml) {
  const auto options = parse_options_file(toml, "a.toml");
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() && !options->empty() ? options->back().values : std::vector<std::string>();
}

std::string error_of(const std::string& toml) {
  return std::string(parse_options_file(toml, "a.toml").status().message());
}

TEST(OptionsFile, ValuesAreTextAsOnACommandLine) {
  EXPECT_THAT(values_in("a = \"x y\""), ElementsAre("x y"));
  EXPECT_THAT(values_in("a = 'C:\\x'"), ElementsAre("C:\\x"));
  EXPECT_THAT(values_in("a = 8_091"), ElementsAre("8091"));
  EXPECT_THAT(values_in("a = 0.03"), ElementsAre("0.03"));
  EXPECT_THAT(values_in("a = 1e-3"), ElementsAre("0.001"));
  EXPECT_THAT(values_in("a = true"), ElementsAre("true"));
}

TEST(OptionsFile, ListsMayHaveManyLinesAndComments) {
  EXPECT_THAT(values_in("# who is there\na = [\n  \"b:1\",  # the first\n  \"c:2\",\n]\n"),
              ElementsAre("b:1", "c:2"));
  EXPECT_THAT(values_in("a = []"), ElementsAre());
}

TEST(OptionsFile, OptionsComeInTheOrderOfTheirLines) {
  const auto options = parse_options_file("z = 1\n\na = 2\n", "a.toml");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->front().name, "z");
  EXPECT_EQ(options->back().line, 3u);
}

TEST(OptionsFile, ErrorsNameFileAndLine) {
  EXPECT_THAT(error_of("a = 1\nb = [\"x\"\nc = 2\n"), HasSubstr("a.toml:3: "));
  EXPECT_THAT(error_of("a = 1\na = 2\n"), HasSubstr("a.toml:2: "));
  EXPECT_THAT(error_of("a =\n"), HasSubstr("a.toml:1: "));
  EXPECT_THAT(error_of("\n[axon]\nport = 1\n"), HasSubstr("a.toml:2: axon is neither"));
  EXPECT_THAT(error_of("a = 2020-01-01\n"), HasSubstr("a.toml:1: a is neither"));
  EXPECT_THAT(error_of("a = [[1]]\n"), HasSubstr("a.toml:1: a is neither"));
}

TEST(OptionsFile, WhatCannotBeReadIsNamed) {
  EXPECT_TRUE(absl::IsNotFound(read_options_file("/nowhere.toml").status()));
  EXPECT_THAT(std::string(read_options_file("/nowhere.toml").status().message()),
              HasSubstr("/nowhere.toml"));
  EXPECT_FALSE(read_options_file("/").ok());
}

}  // namespace
}  // namespace bittensor
