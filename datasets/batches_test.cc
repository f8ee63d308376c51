// SPDX-License-Identifier: MIT
#include "datasets/batches.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

// `size` images of 2 x 3 pixels; every pixel of sample i is i, and so is its label.
LabelledImages numbered(std::int64_t size, std::int64_t channels = 1) {
  const auto labels = torch::arange(size);
  const auto images = labels.to(torch::kUInt8).reshape({size, 1, 1, 1});
  return {images.expand({size, channels, 2, 3}).contiguous(), labels};
}

std::vector<std::int64_t> labels_of(const Batch& batch) {
  const auto labels = batch.labels.contiguous();
  const auto* first = labels.data_ptr<std::int64_t>();
  return {first, first + labels.numel()};
}

std::vector<std::int64_t> epoch_of(Batches& batches, std::int64_t epoch) {
  std::vector<std::int64_t> seen;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    for (const auto label : labels_of(batches.at(epoch * batches.per_epoch() + i))) {
      seen.push_back(label);
    }
  }
  return seen;
}

Batches::Options of_four(std::uint64_t seed = 0) {
  Batches::Options options;
  options.batch_size = 4;
  options.seed = seed;
  return options;
}

TEST(Batches, EpochVisitsEverySampleOnceAndKeepsTheLastPartialBatch) {
  Batches batches(numbered(10), of_four());
  ASSERT_EQ(batches.per_epoch(), 3);
  EXPECT_EQ(labels_of(batches.at(2)).size(), 2u);
  const auto seen = epoch_of(batches, 0);
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 10u);
}

TEST(Batches, OrderDependsOnSeedAndEpochAlone) {
  Batches one(numbered(100), of_four(7));
  Batches same(numbered(100), of_four(7));
  Batches other(numbered(100), of_four(8));
  const auto first = epoch_of(one, 0);
  const auto second = epoch_of(one, 1);
  EXPECT_EQ(epoch_of(same, 1), second);
  EXPECT_EQ(epoch_of(one, 0), first);
  EXPECT_NE(first, second);
  EXPECT_NE(epoch_of(other, 0), first);
}

TEST(Batches, ResumedRunSeesTheBatchOfItsStep) {
  Batches whole(numbered(50), of_four(3));
  std::vector<std::int64_t> expected;
  for (std::int64_t step = 0; step <= 17; ++step) expected = labels_of(whole.at(step));
  Batches resumed(numbered(50), of_four(3));
  EXPECT_EQ(labels_of(resumed.at(17)), expected);
}

// Every machine must get this order: a resumed run may have moved.
TEST(Batches, OrderIsTheSameOnEveryMachine) {
  Batches batches(numbered(8), of_four(1));
  EXPECT_EQ(epoch_of(batches, 0), (std::vector<std::int64_t>{6, 4, 3, 7, 0, 5, 2, 1}));
}

TEST(Batches, UnshuffledKeepsTheDataOrder) {
  auto options = of_four();
  options.shuffle = false;
  Batches batches(numbered(6), options);
  EXPECT_EQ(labels_of(batches.at(0)), (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(labels_of(batches.at(1)), (std::vector<std::int64_t>{4, 5}));
}

TEST(Batches, NormalisesEachChannelByItsOwnMeanAndDeviation) {
  auto options = of_four();
  options.normalisation = {{0.1, 0.2, 0.3}, {0.5, 0.25, 2.0}};
  Batches batches(numbered(256, 3), options);
  const auto batch = batches.at(5);
  const auto mean = torch::tensor({0.1, 0.2, 0.3}).reshape({1, 3, 1, 1});
  const auto deviation = torch::tensor({0.5, 0.25, 2.0}).reshape({1, 3, 1, 1});
  const auto pixels = batch.labels.reshape({-1, 1, 1, 1}).expand({4, 3, 2, 3});
  EXPECT_EQ(batch.images.scalar_type(), torch::kFloat);
  EXPECT_TRUE(torch::allclose(batch.images, (pixels / 255.0 - mean) / deviation, 1e-5, 1e-5));
}

TEST(Batches, AugmentedImagesDependOnSeedAndStepAlone) {
  auto options = of_four(3);
  options.augmentation = {/*shift=*/1, /*mirror=*/true};
  const auto data = numbered(40);
  const auto batch_of = [&](std::uint64_t seed, std::int64_t step) {
    options.seed = seed;
    return Batches(data, options).at(step).images;
  };
  Batches whole(data, options);
  torch::Tensor last;
  for (std::int64_t step = 0; step <= 12; ++step) last = whole.at(step).images;
  EXPECT_TRUE(torch::equal(last, batch_of(3, 12)));
  EXPECT_FALSE(torch::equal(batch_of(3, 2) != 0, batch_of(3, 3) != 0));
  EXPECT_FALSE(torch::equal(batch_of(4, 2) != 0, batch_of(3, 2) != 0));
}

TEST(Batches, LeaveTheDataAsItWas) {
  const auto data = numbered(9);
  const auto before = data.images.clone();
  auto options = of_four();
  options.shuffle = false;
  Batches batches(data, options);
  batches.at(0).images.fill_(5);
  EXPECT_TRUE(torch::equal(data.images, before));
}

TEST(LabelledImages, SubsetsHoldTheSamplesTheyName) {
  const auto data = numbered(10);
  EXPECT_EQ(data.first(3).size(), 3);
  EXPECT_EQ(data.first(30).size(), 10);
  const auto picked = data.rows(torch::tensor({7, 2}, torch::kInt64));
  EXPECT_EQ(picked.labels[0].item<int>(), 7);
  EXPECT_EQ(picked.images[1][0][0][0].item<int>(), 2);
}

}  // namespace
}  // namespace bittensor
