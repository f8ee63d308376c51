// SPDX-License-Identifier: MIT
#include "bittensor/base/file_lock.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

TEST(FileLock, IsHeldByOneUntilItGoes) {
  const std::string path = ::testing::TempDir() + "/file_lock_test";
  std::ofstream(path) << "x";
  std::optional<absl::StatusOr<FileLock>> first = FileLock::acquire(path);
  ASSERT_TRUE(first->ok()) << first->status();
  EXPECT_EQ(FileLock::acquire(path).status().code(), absl::StatusCode::kFailedPrecondition);
  first.reset();
  EXPECT_TRUE(FileLock::acquire(path).ok());
  std::filesystem::remove(path);
}

TEST(FileLock, NamesAFileThatIsNotThere) {
  const auto lock = FileLock::acquire("/no/such/file");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(lock.status().message().find("/no/such/file"), absl::string_view::npos);
}

}  // namespace
}  // namespace bittensor
