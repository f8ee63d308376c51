// SPDX-License-Identifier: MIT
#include "bittensor/base/file_lock.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "gtest/gtest.h"
#include <fcntl.h>

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

// Or a disk could not be made read-only beneath a running neuron.
TEST(FileLock, KeepsNoFileOpenToBeWritten) {
  const std::string path =
      std::filesystem::canonical(::testing::TempDir()).string() + "/file_lock_write";
  std::ofstream(path) << "x";
  const auto lock = FileLock::acquire(path);
  ASSERT_TRUE(lock.ok()) << lock.status();
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // The iterator's own descriptor.
    if (std::filesystem::read_symlink(entry, gone) != path) continue;
    ++found;
    const int flags = fcntl(std::stoi(entry.path().filename()), F_GETFL);
    EXPECT_EQ(flags & O_ACCMODE, O_RDONLY);
  }
  EXPECT_EQ(found, 1);
  std::filesystem::remove(path);
}

TEST(FileLock, NamesAFileThatIsNotThere) {
  const auto lock = FileLock::acquire("/no/such/file");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(lock.status().message().find("/no/such/file"), absl::string_view::npos);
}

}  // namespace
}  // namespace bittensor
