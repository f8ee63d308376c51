// SPDX-License-Identifier: MIT
#include "datasets/mnist/idx.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<at::Tensor> read(const std::string& bytes) {
  // Tests of one binary may run at the same time.
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path = ::testing::TempDir() + test + ".idx";
  std::ofstream(path, std::ios::binary) << bytes;
  return read_idx(path);
}

std::string text(const std::initializer_list<int>& bytes) {
  std::string result;
  for (const int byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}

// Two dimensions, 2 x 3.
const std::string kGood = text({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});

void expect_refused(const std::string& bytes, const std::string& reason) {
  const auto status = read(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(".idx: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(ReadIdx, GivesTheElementsInTheFilesShape) {
  const auto tensor = read(kGood);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  const auto expected = torch::tensor({{1, 2, 3}, {4, 5, 255}}).to(torch::kUInt8);
  EXPECT_TRUE(torch::equal(*tensor, expected));
}

TEST(ReadIdx, RefusesEveryTruncation) {
  for (std::size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_EQ(read(kGood.substr(0, length)).status().code(), absl::StatusCode::kDataLoss)
        << length << " bytes";
  }
}

TEST(ReadIdx, RefusesTrailingBytes) {
  expect_refused(kGood + "x", "has 19 bytes, its header says 18");
}

TEST(ReadIdx, RefusesAnotherFormat) {
  expect_refused("GIF89a, surely", "is not an IDX file");
  expect_refused(text({0x1f, 0x8b, 8, 0, 0}), "is compressed: gunzip it");
}

TEST(ReadIdx, RefusesOtherElementTypesAndDimensions) {
  expect_refused(text({0, 0, 0x0D, 1, 0, 0, 0, 0}), "element type 13");
  expect_refused(text({0, 0, 8, 0}), "0 dimensions");
  expect_refused(text({0, 0, 8, 255}), "255 dimensions");
}

TEST(ReadIdx, RefusesDimensionsWhoseProductOverflows) {
  const std::string big = text({255, 255, 255, 255});
  expect_refused(text({0, 0, 8, 3}) + big + big + big, "dimensions ask for more");
  // 2^32 * 2^32: zero in 64 bits.
  const std::string half = text({128, 0, 0, 0});
  expect_refused(text({0, 0, 8, 4}) + half + half + text({0, 0, 0, 4}) + text({0, 0, 0, 1}),
                 "dimensions ask for more");
}

TEST(ReadIdx, HugeDimensionsBesideAnEmptyOneAreRefused) {
  const std::string big = text({255, 255, 255, 255});
  const std::string none = text({0, 0, 0, 0});
  for (const std::string& sizes : {none + big + big, big + none + big, big + big + none}) {
    EXPECT_EQ(read(text({0, 0, 8, 3}) + sizes).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(ReadIdx, MissingFileAndFolderAreNotFound) {
  EXPECT_EQ(read_idx("/no/such/file").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(read_idx("/").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace bittensor
