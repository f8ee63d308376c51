// SPDX-License-Identifier: MIT
#include "datasets/cifar10/binary.h"

#include <filesystem>
#include <fstream>

#include "datasets/cifar10/unpack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string path_of_test() {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  return ::testing::TempDir() + test + ".bin";
}

absl::StatusOr<LabelledImages> read(const std::string& bytes) {
  std::ofstream(path_of_test(), std::ios::binary) << bytes;
  return read_cifar_binary(path_of_test());
}

std::string record(int label, char pixel = 'x') {
  return static_cast<char>(label) + std::string(kCifarRecord - 1, pixel);
}

void expect_refused(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_of_test() + ": "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(CifarBinary, RecordIsALabelAndThreePlanes) {
  std::string bytes = record(7);
  bytes[1] = 1;                      // red, upper left
  bytes[1 + kCifarPixels + 33] = 2;  // green, row 1, column 1
  bytes[kCifarRecord - 1] = 3;       // blue, lower right
  const auto data = read(record(9) + bytes);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->images.sizes(), (std::vector<std::int64_t>{2, 3, 32, 32}));
  EXPECT_EQ(data->labels[0].item<int>(), 9);
  EXPECT_EQ(data->labels[1].item<int>(), 7);
  EXPECT_EQ(data->images[1][0][0][0].item<int>(), 1);
  EXPECT_EQ(data->images[1][1][1][1].item<int>(), 2);
  EXPECT_EQ(data->images[1][2][31][31].item<int>(), 3);
}

TEST(CifarBinary, InterleavedPixelsBecomePlanes) {
  std::vector<std::uint8_t> pixels(2 * 3 * kCifarPixels, 0);
  pixels[3 * kCifarPixels + 0] = 11;  // the second row: red, green, blue of its first pixel
  pixels[3 * kCifarPixels + 1] = 12;
  pixels[3 * kCifarPixels + 2] = 13;
  ASSERT_TRUE(write_cifar_binary(path_of_test(), pixels, {4, 5}).ok());
  const auto data = read_cifar_binary(path_of_test());
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(torch::equal(data->labels, torch::tensor({4, 5}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(data->images[1].slice(1, 0, 1).slice(2, 0, 1).flatten(),
                           torch::tensor({11, 12, 13}).to(torch::kUInt8)));
  EXPECT_EQ(data->images.sum().item<int>(), 11 + 12 + 13);
}

TEST(CifarBinary, RefusesWhatIsNotWholeRecords) {
  const std::string two = record(0) + record(1);
  for (const std::size_t length : {0, 1, 3072, 3074, 6145}) {
    expect_refused(read(two.substr(0, length)).status(), "are not records of 3073");
  }
}

TEST(CifarBinary, RefusesALabelThatIsNoClass) {
  for (const int label : {10, 128, 255}) {
    expect_refused(read(record(3) + record(label)).status(), "expected 0 to 9");
  }
}

TEST(CifarBinary, WritesNoWrongLabelsOrPixels) {
  const std::vector<std::uint8_t> one(3 * kCifarPixels);
  expect_refused(write_cifar_binary(path_of_test(), one, {10}), "label 10, expected 0 to 9");
  expect_refused(write_cifar_binary(path_of_test(), one, {-1}), "label -1, expected 0 to 9");
  expect_refused(write_cifar_binary(path_of_test(), one, {1, 2}), "2 labels for 3072 bytes");
  EXPECT_EQ(write_cifar_binary("/no/such/folder/x.bin", one, {1}).code(),
            absl::StatusCode::kInternal);
}

TEST(CifarBinary, MissingFileAndFolderAreNotFound) {
  EXPECT_EQ(read_cifar_binary("/no/such/file").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(read_cifar_binary("/").status().code(), absl::StatusCode::kNotFound);
}

absl::StatusOr<std::vector<std::int64_t>> labels_in(const std::string& text) {
  std::ofstream(path_of_test(), std::ios::binary) << text;
  return read_labels(path_of_test());
}

TEST(ReadLabels, IsAListOfNumbers) {
  const auto labels = labels_in("[6, 9,\n-1]");
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_THAT(*labels, ElementsAre(6, 9, -1));
}

TEST(ReadLabels, AnythingElseIsRefused) {
  for (const std::string text :
       {"", "[1,2", "{}", "7", "[1,\"2\"]", "[1.5]", "[null]", "[\"\xff\"]", "[1,2]x"}) {
    expect_refused(labels_in(text).status(), "label");
  }
  expect_refused(labels_in(std::string(100000, '[')).status(), "not a list");
  EXPECT_EQ(read_labels("/no/such/file").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace bittensor
