// SPDX-License-Identifier: MIT
#include "bittensor/watch/state_files.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include <unistd.h>

namespace bittensor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusFileTest : public ::testing::Test {
 protected:
  StatusFileTest() { std::filesystem::create_directories(folder_ + "/a"); }
  ~StatusFileTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = ::testing::TempDir() + "/status_file_test";
  const std::string path_ = folder_ + "/a/neuron.status.json";
};

TEST_F(StatusFileTest, IsReadAsItWasWritten) {
  NeuronState state;
  state.neuron.name = "a";
  ASSERT_TRUE(write_status_file(path_, state, 5).ok());
  const auto file = read_status_file(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->state.neuron.name, "a");
  EXPECT_EQ(file->updated_s, 5);
  EXPECT_EQ(file->pid, getpid());
  EXPECT_TRUE(file->runs());
  EXPECT_EQ(find_status_files(folder_), std::vector<std::string>{path_});
}

TEST_F(StatusFileTest, IsSmallWhileTheNeuronRunsAndWholeInTheEnd) {
  NeuronState state;
  state.history.resize(2000);
  ASSERT_TRUE(write_status_file(path_, state, 5).ok());
  EXPECT_LE(read_status_file(path_)->state.history.size(), 202);
  state.training.phase = NeuronState::Phase::kEnded;
  ASSERT_TRUE(write_status_file(path_, state, 6).ok());
  EXPECT_EQ(read_status_file(path_)->state.history.size(), 2000);
}

TEST_F(StatusFileTest, WhatIsNoneIsAnErrorThatNamesTheFile) {
  EXPECT_TRUE(absl::IsNotFound(read_status_file(path_).status()));
  std::ofstream(path_) << "{\"version\":1,";
  const auto file = read_status_file(path_);
  EXPECT_TRUE(absl::IsInvalidArgument(file.status()));
  EXPECT_THAT(std::string(file.status().message()), HasSubstr(path_));
  EXPECT_THAT(std::string(write_status_file("/nonexistent/x", {}, 0).message()),
              HasSubstr("/nonexistent/x"));
}

TEST(StatusText, SaysForWhomItWaitsSinceWhenAndUntilWhen) {
  EXPECT_EQ(waiting_text({"the first peer", "", 100, 130}, 110),
            "waits for the first peer, since 10 s, 20 s more at most");
  EXPECT_EQ(waiting_text({"an answer", "3f2a91c0aa", 100, 0}, 190),
            "waits for an answer of 3f2a91c0, since 1 min 30 s");
  EXPECT_EQ(waiting_text({"the chain", "", 100, 220}, 225),
            "waits for the chain, since 2 min 05 s, overdue since 5 s");
}

TEST(StatusText, SaysWhatItDoesWithWhomAndWhatHappened) {
  StatusFile file;
  file.pid = getpid();
  file.updated_s = 1000;
  file.state.neuron.name = "neuron-0";
  file.state.training.phase = NeuronState::Phase::kTraining;
  file.state.training.steps = 1000;
  file.state.training.time_left_s = 65;
  file.state.training.waiting.push_back({"answers of 2 peers", "", 998, 1003});
  NeuronState::Peer peer;
  peer.key = "3f2a91c0aa";
  peer.status = NeuronState::PeerStatus::kGone;
  peer.last_seen_s = 940;
  peer.last_failure = "deadline: no answer in 5 s";
  file.state.peers.push_back(peer);
  file.state.events.push_back({990, NeuronState::EventKind::kLeft, "", "3f2a91c0 left: gone"});
  const std::string text = status_text(file, 1000);
  for (const char* part :
       {"neuron-0", "training", "waits for answers of 2 peers, since 2 s, 3 s more at most",
        "ends in 1 min 05 s", "3f2a91c0", "gone", "last seen 1 min 00 s ago",
        "last failure: deadline: no answer in 5 s", "10 s ago  3f2a91c0 left: gone"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(StatusText, ANeuronThatIsNotThereWaitsForNothing) {
  StatusFile file;  // Without a process.
  file.updated_s = 900;
  file.state.training.phase = NeuronState::Phase::kTraining;
  file.state.training.waiting.push_back({"the first peer", "", 100, 0});
  const std::string text = status_text(file, 1000);
  EXPECT_THAT(text, HasSubstr("not running: it was training when it last said so"));
  EXPECT_THAT(text, Not(HasSubstr("waits for")));
}

}  // namespace
}  // namespace bittensor
