// SPDX-License-Identifier: MIT
#include "datasets/share.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "CLI/CLI.hpp"
#include "datasets/share_options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kClasses = 10;

// Labels 0, 1, ... 9, 0, 1, ...
std::vector<std::int64_t> labels_of(std::int64_t size) {
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < size; ++i) labels.push_back(i % kClasses);
  return labels;
}

// The pixel of image i is i.
LabelledImages numbered(std::int64_t size) {
  return {torch::arange(size, torch::kInt64).to(torch::kUInt8).reshape({size, 1, 1, 1}),
          torch::tensor(labels_of(size), torch::kInt64)};
}

std::set<std::int64_t> pixels(const LabelledImages& data) {
  std::set<std::int64_t> values;
  for (std::int64_t i = 0; i < data.size(); ++i) values.insert(data.images[i].item<std::int64_t>());
  return values;
}

// How many samples of the most frequent label `share` has, of all.
double most_frequent(const std::vector<std::int64_t>& share) {
  std::vector<double> counts(kClasses);
  for (const std::int64_t sample : share) ++counts[static_cast<std::size_t>(sample % kClasses)];
  return *std::max_element(counts.begin(), counts.end()) / static_cast<double>(share.size());
}

ShareOptions share(int number, int of) {
  ShareOptions options;
  options.number = number;
  options.of = of;
  return options;
}

LabelledImages mine_of(const LabelledImages& data, const ShareOptions& options) {
  return share_of(data, options).value();
}

TEST(Partition, EachSampleIsInOneShareAndSizesDifferByOneAtMost) {
  for (const double skew : {0.0, 0.001, 0.3, 1000.0}) {
    const auto shares = partition(labels_of(1003), 4, 1, skew);
    ASSERT_EQ(shares.size(), 4u);
    std::set<std::int64_t> all;
    for (const auto& samples : shares) {
      EXPECT_GE(samples.size(), 250u) << skew;
      EXPECT_LE(samples.size(), 251u) << skew;
      all.insert(samples.begin(), samples.end());
    }
    EXPECT_EQ(all.size(), 1003u) << skew;
    EXPECT_EQ(*all.rbegin(), 1002) << skew;
  }
}

TEST(Partition, DependsOnTheSeed) {
  EXPECT_EQ(partition(labels_of(100), 4, 7, 0.3), partition(labels_of(100), 4, 7, 0.3));
  EXPECT_NE(partition(labels_of(100), 4, 7, 0.3), partition(labels_of(100), 4, 8, 0.3));
  EXPECT_NE(partition(labels_of(100), 4, 7, 0), partition(labels_of(100), 4, 8, 0));
}

// Neurons on several machines must agree, and so must programs in other languages.
TEST(Partition, IsTheSameOnEveryMachine) {
  EXPECT_THAT(partition(labels_of(8), 2, 1, 0)[0], ElementsAre(4, 2, 5, 0));
  EXPECT_THAT(
      partition(labels_of(40), 2, 1, 0.3)[0],
      ElementsAre(14, 25, 15, 8, 2, 21, 1, 5, 38, 18, 28, 19, 34, 39, 9, 4, 24, 29, 10, 20));
}

TEST(Partition, SkewDecidesHowUnlikeSharesAre) {
  const auto mean = [](double skew) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      // Of few samples of many: no label runs out.
      for (auto& samples : partition(labels_of(10'000), 4, seed, skew)) {
        samples.resize(200);
        sum += most_frequent(samples) / 80;
      }
    }
    return sum;
  };
  EXPECT_NEAR(mean(0), 0.14, 0.03);
  EXPECT_NEAR(mean(1000), 0.14, 0.03);
  EXPECT_NEAR(mean(0.3), 0.48, 0.08);  // of the largest of ten entries
  EXPECT_GT(mean(0.01), 0.9);
}

TEST(ShareOf, AllOfTheDataIsTheDataInItsOrder) {
  const LabelledImages data = numbered(30);
  EXPECT_TRUE(mine_of(data, ShareOptions()).images.is_same(data.images));
}

TEST(ShareOf, SharesHaveNoSampleInCommonWhateverElseTheyAreTold) {
  const LabelledImages data = numbered(100);
  ShareOptions second = share(2, 2);
  second.labels = 10;
  second.unlabelled = true;
  const auto one = pixels(mine_of(data, share(1, 2)));
  const auto other = pixels(mine_of(data, second));
  EXPECT_EQ(one.size(), 50u);
  EXPECT_EQ(other.size(), 50u);
  for (const std::int64_t pixel : other) EXPECT_EQ(one.count(pixel), 0u) << pixel;
}

TEST(ShareOf, ImagesKeepTheirLabels) {
  const LabelledImages mine = mine_of(numbered(100), share(1, 4));
  for (std::int64_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(mine.images[i].item<std::int64_t>() % kClasses, mine.labels[i].item<std::int64_t>());
  }
}

TEST(ShareOf, OfLabelledSamplesThereAreAsManyAsAskedFor) {
  ShareOptions few = share(1, 2);
  few.labels = 10;
  const LabelledImages labelled = mine_of(numbered(100), few);
  EXPECT_EQ(labelled.size(), 10);
  EXPECT_GE(labelled.labels.min().item<std::int64_t>(), 0);

  few.unlabelled = true;
  const LabelledImages both = mine_of(numbered(100), few);
  EXPECT_EQ(both.size(), 50);
  EXPECT_TRUE(torch::equal(both.images.narrow(0, 0, 10), labelled.images));
  EXPECT_TRUE(torch::equal(both.labels.narrow(0, 0, 10), labelled.labels));
  EXPECT_TRUE(both.labels.slice(0, 10).eq(kNoLabel).all().item<bool>());
}

TEST(ShareOf, MoreLabelsThanThereAreAreAll) {
  ShareOptions many = share(1, 2);
  many.labels = 1000;
  many.unlabelled = true;
  const LabelledImages mine = mine_of(numbered(100), many);
  EXPECT_EQ(mine.size(), 50);
  EXPECT_GE(mine.labels.min().item<std::int64_t>(), 0);
}

TEST(ShareOf, MoreSharesThanSamplesAreRefused) {
  EXPECT_EQ(mine_of(numbered(30), share(30, 30)).size(), 1);
  EXPECT_EQ(share_of(numbered(30), share(1, 31)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Deal, EachShareHasOneOfEveryRound) {
  const std::vector<int> shares = deal(10, 3, 5);
  ASSERT_EQ(shares.size(), 10u);
  for (std::size_t round = 0; round < 3; ++round) {
    const auto first = shares.begin() + static_cast<std::ptrdiff_t>(3 * round);
    EXPECT_EQ(std::set<int>(first, first + 3), (std::set<int>{0, 1, 2}));
  }
  EXPECT_NE(deal(100, 3, 5), deal(100, 3, 6));
}

std::string parsed(const std::string& arguments, ShareOptions& options, bool labels = true) {
  CLI::App app;
  add_share_options(app, options, labels);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(AddShareOptions, ReadsWhichOfHowMany) {
  ShareOptions options;
  EXPECT_EQ(parsed("--share 2/2 --share 3/4 --share_seed 9 --share_alpha 0.3 --labels 1000 "
                   "--unlabelled",
                   options),
            "");
  EXPECT_EQ(options.number, 3);  // the last one counts
  EXPECT_EQ(options.of, 4);
  EXPECT_EQ(options.seed, 9u);
  EXPECT_EQ(options.skew, 0.3);
  EXPECT_EQ(options.labels, 1000);
  EXPECT_TRUE(options.unlabelled);
}

TEST(AddShareOptions, WhatIsNoShareIsRefusedWithAnExample) {
  for (const char* wrong : {"0/4", "5/4", "4", "1/0", "-1/4", "1/4/2", "a/b", "1/"}) {
    ShareOptions options;
    EXPECT_THAT(parsed(std::string("--share=") + wrong, options), HasSubstr("1/4")) << wrong;
  }
}

TEST(AddShareOptions, DataWithoutLabelsTakesNoneOfTheirOptions) {
  ShareOptions options;
  EXPECT_NE(parsed("--labels 5", options, /*labels=*/false), "");
  EXPECT_EQ(parsed("--share 1/2", options, /*labels=*/false), "");
}

}  // namespace
}  // namespace bittensor
