// SPDX-License-Identifier: MIT
#include "bittensor/base/json_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/testing/file_size_limit.h"

namespace bittensor {
namespace {

TEST(JsonFile, AFullDiskIsNamedAndLeavesTheOldOne) {
  const std::filesystem::path folder = ::testing::TempDir() + "/json_file_test";
  std::filesystem::create_directories(folder);
  const std::string path = folder / "report.json";
  ASSERT_EQ(write_json(path, {{"a", 1}}), absl::OkStatus());
  const auto old_size = std::filesystem::file_size(path);
  {
    const testing::FileSizeLimit full(10);
    const absl::Status status = write_json(path, {{"a", std::string(1000, 'x')}});
    EXPECT_THAT(std::string(status.message()),
                ::testing::AllOf(::testing::HasSubstr(path), ::testing::HasSubstr("too large")));
  }
  EXPECT_EQ(std::filesystem::file_size(path), old_size);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bittensor
