// SPDX-License-Identifier: MIT
#include "datasets/program.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

constexpr auto kLong = std::chrono::seconds(30);

absl::Status shell(const std::string& script, Duration timeout = kLong) {
  return run_program({"sh", "-c", script}, ::testing::TempDir(), timeout);
}

TEST(RunProgram, RunsInTheFolderWithItsArgumentsAsTheyAre) {
  EXPECT_TRUE(run_program({"test", "a  b;$c", "=", "a  b;$c"}, "/", kLong).ok());
  EXPECT_TRUE(run_program({"test", "-d", "proc"}, "/", kLong).ok());
}

TEST(RunProgram, FailureTellsStatusAndLastLineOfError) {
  const auto status = shell("echo first >&2; echo 'no space left' >&2; exit 3");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status.message(), "sh: exit status 3: no space left");
}

TEST(RunProgram, MissingProgramIsNotFound) {
  const auto status = run_program({"no-such-program"}, "/tmp", kLong);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no-such-program not found");
}

TEST(RunProgram, LateProgramIsKilledWithWhatItStarted) {
  const auto status = shell("sleep 1000 & sleep 1000", std::chrono::milliseconds(50));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("sh: not done after 0.05 s"));
}

TEST(RunProgram, LeavesNothingInTheFolder) {
  std::string folder = ::testing::TempDir() + "program-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  EXPECT_TRUE(
      run_program({"sh", "-c", "test -z \"$(ls -A)\" && echo said >&2"}, folder, kLong).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

TEST(RunProgram, InputIsEmpty) {
  EXPECT_TRUE(shell("! read line").ok());
}

}  // namespace
}  // namespace bittensor
