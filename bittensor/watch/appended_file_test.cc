// SPDX-License-Identifier: MIT
#include "bittensor/watch/appended_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

class AppendedFileTest : public ::testing::Test {
 protected:
  AppendedFileTest() { std::filesystem::remove_all(folder_); }
  ~AppendedFileTest() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream in(file_.path());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string folder_ = ::testing::TempDir() + "/appended_file_test";
  AppendedFile file_{folder_ + "/file"};
};

TEST_F(AppendedFileTest, HoldsWhatWasFlushed) {
  std::filesystem::create_directories(folder_);
  file_.add("one\n");
  EXPECT_EQ(content(), "");
  EXPECT_TRUE(file_.flush());
  file_.add("two\n");
  EXPECT_TRUE(file_.flush());
  EXPECT_EQ(content(), "one\ntwo\n");
}

TEST_F(AppendedFileTest, WhatCannotBeWrittenWaits) {
  file_.add("one\n");
  EXPECT_FALSE(file_.flush()) << "its folder is missing";
  std::filesystem::create_directories(folder_);
  EXPECT_TRUE(file_.flush());
  EXPECT_EQ(content(), "one\n");
}

TEST_F(AppendedFileTest, WhatWaitsIsBounded) {
  const std::string much(AppendedFile::kMaxWaiting / 2, 'x');
  for (int i = 0; i < 5; ++i) file_.add(much);
  std::filesystem::create_directories(folder_);
  EXPECT_TRUE(file_.flush());
  EXPECT_EQ(content().size(), AppendedFile::kMaxWaiting);
}

}  // namespace
}  // namespace bittensor
