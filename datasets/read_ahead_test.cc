// SPDX-License-Identifier: MIT
#include "datasets/read_ahead.h"

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

Batches batches() {
  const auto labels = torch::arange(50);
  const auto images = labels.to(torch::kUInt8).reshape({50, 1, 1, 1}).expand({50, 3, 4, 4});
  Batches::Options options;
  options.batch_size = 8;
  options.seed = 5;
  options.augmentation = {/*shift=*/2, /*mirror=*/true};
  return Batches({images.contiguous(), labels}, options);
}

void expect_same(const Batch& one, const Batch& other) {
  EXPECT_TRUE(torch::equal(one.images, other.images));
  EXPECT_TRUE(torch::equal(one.labels, other.labels));
}

TEST(ReadAhead, GivesTheBatchesInOrder) {
  Batches plain = batches();
  ReadAhead ahead(batches());
  for (std::int64_t step = 0; step < 3 * plain.per_epoch(); ++step) {
    expect_same(ahead.at(step), plain.at(step));
  }
}

TEST(ReadAhead, AnyOtherStepMayFollow) {
  Batches plain = batches();
  ReadAhead ahead(batches(), /*depth=*/2);
  for (const std::int64_t step : {40, 41, 3, 3, 0, 100, 7, 8}) {
    expect_same(ahead.at(step), plain.at(step));
  }
}

TEST(ReadAhead, StopsWithoutHavingBeenAsked) {
  for (int i = 0; i < 100; ++i) const ReadAhead ahead(batches());
}

}  // namespace
}  // namespace bittensor
