// SPDX-License-Identifier: MIT
#include "bittensor/neuron/neuron_watch.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"

#include "bittensor/base/manual_executor.h"
#include "bittensor/watch/event_file.h"
#include "bittensor/watch/state_files.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class NeuronWatchTest : public ::testing::Test {
 protected:
  ~NeuronWatchTest() override { std::filesystem::remove_all(folder_); }

  std::string prefix() {
    std::filesystem::create_directories(folder_);
    return folder_ + "/neuron";
  }
  std::vector<std::string> waits(NeuronWatch& watch) {
    std::vector<std::string> waits;
    for (const auto& waiting : watch.state().training.waiting) waits.push_back(waiting.what);
    return waits;
  }

  const std::string folder_ = ::testing::TempDir() + "/neuron_watch_test";
  ManualExecutor executor_;
  Watch said_{executor_};
};

TEST_F(NeuronWatchTest, StandingStillIsSaidAlthoughNobodySaidIt) {
  NeuronWatch watch({}, said_, executor_);
  EXPECT_TRUE(waits(watch).empty());
  executor_.advance(6s);
  EXPECT_EQ(waits(watch), std::vector<std::string>{"the start: data, model, checkpoint"});
  said_.set_phase(Watch::Phase::kTraining);
  said_.step_done(7, 64);
  EXPECT_TRUE(waits(watch).empty());
  executor_.advance(6s);
  EXPECT_EQ(waits(watch), std::vector<std::string>{"step 8 to be computed"});
  said_.set_phase(Watch::Phase::kEnded);
  executor_.advance(6s);
  EXPECT_TRUE(waits(watch).empty()) << "nothing more is to come";
}

TEST_F(NeuronWatchTest, WhoSaysWhatHeWaitsForIsBelieved) {
  NeuronWatch watch({}, said_, executor_);
  const Watch::Wait wait = said_.wait("the first peer");
  executor_.advance(6s);
  EXPECT_EQ(waits(watch), std::vector<std::string>{"the first peer"});
}

TEST_F(NeuronWatchTest, ALongWaitIsAnEventOnce) {
  std::vector<std::string> heard;
  NeuronWatch::Options options;
  options.say = [&](const std::string& line) { heard.push_back(line); };
  NeuronWatch watch(options, said_, executor_);
  const Watch::Wait wait = said_.wait("the first peer", executor_.now() + 30s);
  watch.look();
  executor_.advance(6s);
  watch.look();
  executor_.advance(6s);
  watch.look();
  const auto events = watch.state().events;
  ASSERT_EQ(events.size(), 1);
  EXPECT_EQ(events[0].text, "waits for the first peer, since 6 s, 24 s more at most");
  EXPECT_EQ(heard, std::vector<std::string>{events[0].text});
}

TEST_F(NeuronWatchTest, FilesHoldTheStateAndEachPointOnce) {
  NeuronWatch::Options options;
  options.prefix = prefix();
  options.tensorboard = true;
  NeuronWatch watch(options, said_, executor_);
  ASSERT_TRUE(watch.start().ok());
  said_.begin_epoch(1, 1, 10);
  said_.step_done(1, 64);
  said_.add_loss({0.5, {}, {}});
  watch.look();
  executor_.advance(1s);
  said_.step_done(2, 64);
  said_.add_loss({0.25, {}, {}});
  watch.look();
  watch.stop();
  const auto status = read_status_file(watch.status_file());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->state.training.step, 2);
  std::ifstream file(watch.metrics_file());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2);
  EXPECT_THAT(lines[1], HasSubstr("\"loss_local\":0.25"));
  ASSERT_NE(watch.event_file(), nullptr);
  EXPECT_TRUE(std::filesystem::exists(watch.event_file()->path()));
}

TEST_F(NeuronWatchTest, WithoutAPlaceForItsFilesANeuronTrainsAllTheSame) {
  NeuronWatch::Options options;
  options.prefix = "/nonexistent/neuron";
  options.tensorboard = true;
  NeuronWatch watch(options, said_, executor_);
  EXPECT_TRUE(watch.start().ok());
}

}  // namespace
}  // namespace bittensor
