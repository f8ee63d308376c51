// SPDX-License-Identifier: MIT
#include "app/picture.h"

#include <fstream>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <png.h>
#include <turbojpeg.h>

namespace bittensor {
namespace {

constexpr int kCols = 32;
constexpr int kRows = 16;
constexpr std::int64_t kMost = 1024;

// Red on the left, blue on the right.
std::vector<std::uint8_t> red_and_blue() {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kCols * kRows; ++i) {
    const bool left = i % kCols < kCols / 2;
    const std::uint8_t red = left ? 255 : 0;
    const std::uint8_t blue = left ? 0 : 255;
    pixels.insert(pixels.end(), {red, 0, blue});
  }
  return pixels;
}

std::string jpeg() {
  const std::vector<std::uint8_t> pixels = red_and_blue();
  const tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(encoder, pixels.data(), kCols, 0, kRows, TJPF_RGB, &bytes, &size,
                        TJSAMP_444, 95, 0),
            0);
  std::string file(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  return file;
}

// The same from a camera that was held in another way.
std::string jpeg_of(char orientation, bool big) {
  const std::string little_tiff("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  const std::string big_tiff("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18);
  std::string value(4, '\0');
  value[big ? 1 : 0] = orientation;
  const std::string exif =
      std::string("Exif\0\0", 6) + (big ? big_tiff : little_tiff) + value + std::string(4, '\0');
  std::string segment("\xff\xe1", 2);
  segment += static_cast<char>((exif.size() + 2) >> 8);
  segment += static_cast<char>(exif.size() + 2);
  return jpeg().insert(2, segment + exif);
}

std::string file_of(const std::string& bytes) {
  std::string path = ::testing::TempDir() + "/picture_test.file";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

absl::StatusOr<RgbPicture> read(const std::string& bytes, std::int64_t most = kMost) {
  return read_picture_file(file_of(bytes), most);
}

// Whether the pixel is red, and not blue.
bool is_red(const RgbPicture& picture, std::int64_t row, std::int64_t col) {
  const auto at = static_cast<std::size_t>(3 * (row * picture.cols + col));
  return picture.pixels[at] > 200 && picture.pixels[at + 2] < 50;
}

TEST(Picture, JpegIsReadAsItIs) {
  const auto picture = read(jpeg());
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->cols, kCols);
  EXPECT_EQ(picture->rows, kRows);
  EXPECT_TRUE(is_red(*picture, 0, 0));
  EXPECT_FALSE(is_red(*picture, kRows - 1, kCols - 1));
}

TEST(Picture, PhotographFromATurnedCameraStandsUpright) {
  for (const bool big : {false, true}) {
    const auto right = read(jpeg_of(6, big));  // its left side is the top
    ASSERT_TRUE(right.ok()) << right.status();
    EXPECT_EQ(right->cols, kRows);
    EXPECT_EQ(right->rows, kCols);
    EXPECT_TRUE(is_red(*right, 0, kRows - 1));
    EXPECT_FALSE(is_red(*right, kCols - 1, 0));
    const auto left = read(jpeg_of(8, big));
    ASSERT_TRUE(left.ok()) << left.status();
    EXPECT_TRUE(is_red(*left, kCols - 1, 0));
    const auto turned = read(jpeg_of(3, big));
    ASSERT_TRUE(turned.ok()) << turned.status();
    EXPECT_EQ(turned->cols, kCols);
    EXPECT_TRUE(is_red(*turned, 0, kCols - 1));
  }
}

TEST(Picture, WhatTheFileIsCountsAndNotItsName) {
  const std::vector<std::uint8_t> pixels = red_and_blue();
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = kCols;
  image.height = kRows;
  image.format = PNG_FORMAT_RGB;
  const std::string path = ::testing::TempDir() + "/picture_test.jpg";
  ASSERT_NE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr), 0);
  const auto picture = read_picture_file(path, kMost);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->pixels, pixels);
}

TEST(Picture, DamagedLargeAndOtherFilesAreRefusedByName) {
  const std::string whole = jpeg();
  for (std::size_t size = 3; size < whole.size(); size += 7) {
    EXPECT_EQ(read(whole.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_THAT(read(whole, 100).status().ToString(), ::testing::HasSubstr("32 x 16 pixels"));
  EXPECT_EQ(read("GIF89a").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(read("").status().ToString(), ::testing::HasSubstr("picture_test.file"));
  EXPECT_EQ(read_picture_file("/nowhere.jpg", kMost).status().code(), absl::StatusCode::kNotFound);
}

TEST(Picture, ExifThatEndsTooEarlyIsNoOrientation) {
  const std::string photograph = jpeg_of(6, false);
  const std::size_t directory = photograph.find("II*") + 8;
  for (const char many : {'\xff', '\x7f'}) {
    std::string odd = photograph;
    odd[directory + 1] = many;
    odd[directory + 2] = 0;  // another tag
    const auto picture = read(odd);
    ASSERT_TRUE(picture.ok()) << picture.status();
    EXPECT_EQ(picture->cols, kCols);
  }
}

}  // namespace
}  // namespace bittensor
