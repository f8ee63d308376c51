// SPDX-License-Identifier: MIT
#include "datasets/augmentation.h"

#include <array>
#include <numeric>
#include <set>
#include <tuple>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

constexpr std::int64_t kRows = 2;
constexpr std::int64_t kCols = 3;
using Plane = std::array<float, kRows * kCols>;

// The image 1 2 3 / 4 5 6, seen so.
Plane seen(const View& view) {
  std::array<std::uint8_t, kRows * kCols> image;
  std::iota(image.begin(), image.end(), std::uint8_t{1});
  Plane plane;
  plane.fill(-1);
  copy_plane(image.data(), kRows, kCols, view, /*scale=*/1, /*shift=*/0, plane.data());
  return plane;
}

TEST(CopyPlane, LeavesTheImageAsItIs) {
  EXPECT_EQ(seen({0, 0, false}), (Plane{1, 2, 3, 4, 5, 6}));
}

TEST(CopyPlane, MovesIt) {
  EXPECT_EQ(seen({0, 1, false}), (Plane{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(seen({0, -2, false}), (Plane{3, 0, 0, 6, 0, 0}));
  EXPECT_EQ(seen({1, 0, false}), (Plane{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(seen({-1, 0, false}), (Plane{4, 5, 6, 0, 0, 0}));
}

TEST(CopyPlane, MirrorsItAndThenMovesIt) {
  EXPECT_EQ(seen({0, 0, true}), (Plane{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(seen({0, 1, true}), (Plane{0, 3, 2, 0, 6, 5}));
  EXPECT_EQ(seen({0, -1, true}), (Plane{2, 1, 0, 5, 4, 0}));
}

TEST(CopyPlane, MovedOutOfSightIsNothing) {
  for (const View& view : {View{5, 0, false}, View{-5, 0, true}, View{0, 5, true}, View{0, -5}}) {
    EXPECT_EQ(seen(view), Plane{});
  }
}

TEST(CopyPlane, WhatIsLaidBareIsZeroWhateverTheScale) {
  const std::uint8_t pixel[2] = {10, 20};
  float plane[2];
  copy_plane(pixel, 1, 2, {0, 1, false}, /*scale=*/0.5f, /*shift=*/-1, plane);
  EXPECT_EQ(plane[0], 0);
  EXPECT_EQ(plane[1], 4);
}

TEST(CopyPlane, WhatIsLaidBareIsBlackIfAskedFor) {
  const std::uint8_t pixel[2] = {10, 20};
  float plane[2];
  copy_plane(pixel, 1, 2, {0, 1, false, /*black_edges=*/true}, /*scale=*/0.5f, /*shift=*/-1, plane);
  EXPECT_EQ(plane[0], -1);
  EXPECT_EQ(plane[1], 4);
}

TEST(RandomView, TakesEveryPlaceAndBothSides) {
  std::mt19937_64 random(1);
  std::set<std::tuple<std::int64_t, std::int64_t, bool>> views;
  for (int i = 0; i < 1000; ++i) {
    const View view = random_view({/*shift=*/1, /*mirror=*/true}, random);
    views.emplace(view.down, view.right, view.mirrored);
  }
  EXPECT_EQ(views.size(), 3u * 3u * 2u);
}

}  // namespace
}  // namespace bittensor
