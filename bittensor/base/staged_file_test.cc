// SPDX-License-Identifier: MIT
#include "bittensor/base/staged_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

class StagedFileTest : public ::testing::Test {
 protected:
  StagedFileTest() {
    std::string pattern = ::testing::TempDir() + "staged-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "file").string();
    previous_ = path_ + ".previous";
  }
  ~StagedFileTest() override { fs::remove_all(folder_); }

  void publish(const std::string& content) const {
    auto file = StagedFile::create(path_, 0666);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE(file->append(content).ok());
    ASSERT_EQ(file->publish_over(previous_), absl::OkStatus());
  }

  std::ptrdiff_t count() const { return std::distance(fs::directory_iterator(folder_), {}); }

  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  fs::path folder_;
  std::string path_;
  std::string previous_;
};

TEST_F(StagedFileTest, UnpublishedLeavesNothing) {
  {
    auto file = StagedFile::create(path_, 0666);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->append("half").ok());
    EXPECT_FALSE(fs::exists(path_));
  }
  EXPECT_EQ(count(), 0);
}

TEST_F(StagedFileTest, NewOneTakesNoNameFromAnother) {
  std::ofstream(path_) << "first";
  auto file = StagedFile::create(path_, 0666);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->publish_new().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(read(path_), "first");
}

TEST_F(StagedFileTest, KeepsTheOneBefore) {
  publish("1");
  EXPECT_FALSE(fs::exists(previous_));
  publish("2");
  publish("3");
  EXPECT_EQ(read(path_), "3");
  EXPECT_EQ(read(previous_), "2");
  EXPECT_EQ(count(), 2);
}

// What a crash between the two renames leaves: both names for one file.
TEST_F(StagedFileTest, MayFindTheOldOneUnderBothNames) {
  publish("1");
  fs::create_hard_link(path_, previous_);
  publish("2");
  EXPECT_EQ(read(path_), "2");
  EXPECT_EQ(read(previous_), "1");
  EXPECT_EQ(count(), 2);
}

TEST_F(StagedFileTest, RemovesWhatTheDeadLeftButNotWhatTheLivingWrite) {
  std::ofstream(path_ + ".new-0011223344556677") << "left by a process that was killed";
  auto alive = StagedFile::create(path_, 0666);
  ASSERT_TRUE(alive.ok());
  StagedFile::remove_abandoned(path_);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(alive->publish_new(), absl::OkStatus());
}

TEST_F(StagedFileTest, NamesTheFileItCannotCreate) {
  std::ofstream(path_) << "x";
  const absl::Status status = StagedFile::create(path_ + "/below", 0666).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(path_));
}

}  // namespace
}  // namespace bittensor
