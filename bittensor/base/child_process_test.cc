// SPDX-License-Identifier: MIT
#include "bittensor/base/child_process.h"

#include <chrono>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;

// What it prints until it ends.
std::vector<std::string> lines_of(ChildProcess& child) {
  std::vector<std::string> lines;
  while (child.output() >= 0) {
    for (std::string& line : child.read_lines()) lines.push_back(std::move(line));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return lines;
}

void wait_for(ChildProcess& child) {
  while (!child.ended()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(ChildProcess, IsReadLineByLine) {
  auto child = ChildProcess::start({"sh", "-c", "echo one; pwd; exit 3"}, {-1, "/"});
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_THAT(lines_of(*child), ElementsAre("one", "/"));
  wait_for(*child);
  EXPECT_EQ(child->failure(), "exit status 3");
}

TEST(ChildProcess, MissingProgramIsNotFound) {
  EXPECT_EQ(ChildProcess::start({"no-such-program"}, {}).status(),
            absl::NotFoundError("no-such-program not found"));
  EXPECT_EQ(ChildProcess::start({"/"}, {}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(ChildProcess, KillReachesWhatItStarted) {
  // The grandchild keeps the output open for as long as it lives.
  auto child = ChildProcess::start({"sh", "-c", "sleep 1000 & echo there; sleep 1000"}, {});
  ASSERT_TRUE(child.ok()) << child.status();
  while (child->read_lines().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  child->kill();
  EXPECT_THAT(lines_of(*child), ElementsAre());
  wait_for(*child);
  EXPECT_EQ(child->failure(), "killed by signal 9");
}

TEST(ChildProcess, StopsWhenAsked) {
  auto child = ChildProcess::start({"sleep", "1000"}, {});
  ASSERT_TRUE(child.ok()) << child.status();
  child->terminate();
  wait_for(*child);
  EXPECT_EQ(child->failure(), "killed by signal 15");
}

}  // namespace
}  // namespace bittensor
