// SPDX-License-Identifier: MIT
#include "datasets/cifar10/png.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <png.h>

namespace bittensor {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kCols = 5;
constexpr std::int64_t kRows = 3;

std::vector<std::uint8_t> pixels(std::size_t size = kCols * kRows * 3) {
  std::vector<std::uint8_t> all(size);
  std::iota(all.begin(), all.end(), std::uint8_t{100});
  return all;
}

std::string picture_of_test() {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  return ::testing::TempDir() + test + ".png";
}

// A picture of kCols x kRows.
std::string written(png_uint_32 format, const std::vector<std::uint8_t>& content) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = kCols;
  image.height = kRows;
  image.format = format;
  const std::string path = picture_of_test();
  EXPECT_NE(png_image_write_to_file(&image, path.c_str(), 0, content.data(), 0, nullptr), 0);
  return path;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::StatusOr<RgbPicture> read_bytes(const std::string& bytes) {
  const std::string path = picture_of_test();
  std::ofstream(path, std::ios::binary) << bytes;
  return read_png(path, kCols, kRows);
}

TEST(ReadPng, OfAnySizeUpToALimit) {
  const std::string path = written(PNG_FORMAT_RGB, pixels());
  const auto picture = read_png_up_to(path, kCols * kRows);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->cols, kCols);
  EXPECT_EQ(picture->pixels, pixels());
  EXPECT_THAT(read_png_up_to(path, kCols * kRows - 1).status().ToString(),
              HasSubstr("5 x 3 pixels, expected at most 14"));
}

TEST(ReadPng, GivesThePixelsRowByRow) {
  const auto picture = read_png(written(PNG_FORMAT_RGB, pixels()), kCols, kRows);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->cols, kCols);
  EXPECT_EQ(picture->rows, kRows);
  EXPECT_EQ(picture->pixels, pixels());
}

TEST(ReadPng, GreyIsTurnedIntoColour) {
  const auto picture =
      read_png(written(PNG_FORMAT_GRAY, std::vector<std::uint8_t>(kCols * kRows, 7)), kCols, kRows);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->pixels, std::vector<std::uint8_t>(kCols * kRows * 3, 7));
}

TEST(ReadPng, RefusesAnotherSizeBeforeItAllocates) {
  const auto status = read_png(written(PNG_FORMAT_RGB, pixels()), kCols, kRows + 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(".png: 5 x 3 pixels, expected 5 x 4"));
}

TEST(ReadPng, RefusesEveryTruncation) {
  const std::string good = bytes_of(written(PNG_FORMAT_RGB, pixels()));
  const auto end_of_pixels = static_cast<std::size_t>(good.rfind("IEND")) - 8;
  for (std::size_t length = 0; length < end_of_pixels; ++length) {
    EXPECT_EQ(read_bytes(good.substr(0, length)).status().code(), absl::StatusCode::kDataLoss)
        << length << " of " << good.size() << " bytes";
  }
}

// What comes out may be right or refused; nothing may crash.
TEST(ReadPng, SurvivesEveryByteChanged) {
  const std::string good = bytes_of(written(PNG_FORMAT_RGB, pixels()));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      const auto picture = read_bytes(bytes);
      EXPECT_TRUE(!picture.ok() || picture->pixels.size() == pixels().size());
    }
  }
}

TEST(ReadPng, WhatIsNoPngIsRefused) {
  EXPECT_EQ(read_bytes("GIF89a, surely").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read_png("/no/such/file.png", 1, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(read_png("/", 1, 1).ok());
}

}  // namespace
}  // namespace bittensor
