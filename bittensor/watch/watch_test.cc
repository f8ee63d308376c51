// SPDX-License-Identifier: MIT
#include "bittensor/watch/watch.h"

#include <chrono>
#include <optional>

#include "gtest/gtest.h"

#include "bittensor/base/manual_executor.h"

namespace bittensor {
namespace {

using std::chrono::seconds;

class WatchTest : public ::testing::Test {
 protected:
  // Trains `steps` steps of a tenth of a second and 64 samples each.
  void train(int steps) {
    for (int i = 0; i < steps; ++i) {
      executor_.advance(std::chrono::milliseconds(100));
      watch_.step_done(++step_, 64);
      if (watch_.wants_loss()) watch_.add_loss({1.0, 0.5, 1.5});
    }
  }

  ManualExecutor executor_;
  Watch watch_{executor_};
  std::int64_t step_ = 0;
};

TEST_F(WatchTest, SaysWhatIsWaitedForWhileItIs) {
  const double begin = watch_.unix_s();
  {
    const Watch::Wait first = watch_.wait("the first peer", executor_.now() + seconds(30));
    const Watch::Wait other = watch_.wait("an answer", std::nullopt, "aa");
    executor_.advance(seconds(2));
    const auto waiting = watch_.state().training.waiting;
    ASSERT_EQ(waiting.size(), 2);
    EXPECT_EQ(waiting[0].what, "the first peer");
    EXPECT_DOUBLE_EQ(waiting[0].since_s, begin);
    EXPECT_DOUBLE_EQ(waiting[0].until_s, begin + 30);
    EXPECT_EQ(waiting[1].peer, "aa");
    EXPECT_EQ(waiting[1].until_s, 0) << "for as long as it takes";
  }
  EXPECT_TRUE(watch_.state().training.waiting.empty());
}

TEST_F(WatchTest, ThePaceIsThatOfTheLastSeconds) {
  watch_.begin_epoch(1, 2, 100);
  EXPECT_EQ(watch_.state().training.time_left_s, std::nullopt) << "nothing is known yet";
  train(50);
  const NeuronState state = watch_.state();
  EXPECT_EQ(state.training.steps, 200);
  EXPECT_NEAR(state.training.samples_per_s, 640, 1);
  ASSERT_TRUE(state.training.time_left_s);
  EXPECT_NEAR(*state.training.time_left_s, 15, 0.5);
}

TEST_F(WatchTest, ATestBetweenEpochsDoesNotCountAsTraining) {
  watch_.begin_epoch(1, 2, 50);
  train(50);
  executor_.advance(seconds(60));
  watch_.begin_epoch(2, 2, 50);
  train(10);
  EXPECT_NEAR(watch_.state().training.samples_per_s, 640, 1);
}

TEST_F(WatchTest, LongCurvesAreThinned) {
  watch_.begin_epoch(1, 1, 100'000);
  train(20'000);
  const NeuronState state = watch_.state();
  EXPECT_LE(state.history.size(), NeuronState::kMaxHistory);
  EXPECT_GT(state.history.size(), NeuronState::kMaxHistory / 3);
  EXPECT_LT(state.history.front().step, 10) << "the beginning stays";
  EXPECT_GT(state.history.back().step, 19'900);
}

TEST_F(WatchTest, ATestAddsWhatItFoundAndLeavesTheRest) {
  watch_.add_accuracy({0.8, {}, {}});
  watch_.add_accuracy({{}, 0.9, {}});
  const NeuronState state = watch_.state();
  EXPECT_EQ(state.training.accuracy.alone, 0.8);
  EXPECT_EQ(state.training.accuracy.local, 0.9);
  EXPECT_EQ(state.training.accuracy.network, std::nullopt);
  ASSERT_EQ(state.history.size(), 2);
  EXPECT_EQ(state.history[0].accuracy.local, std::nullopt);
  EXPECT_EQ(state.history[1].accuracy.alone, std::nullopt) << "it was not measured again";
}

TEST_F(WatchTest, CurvesHaveAnAccuracyOnlyWhereItWasMeasured) {
  watch_.begin_epoch(1, 1, 100'000);
  train(40);
  watch_.add_accuracy({{}, 0.9, {}});
  train(20'000);  // The curve is thinned.
  const NeuronState state = watch_.state();
  int measured = 0;
  for (const NeuronState::Point& point : state.history) {
    if (!point.accuracy.local) continue;
    ++measured;
    EXPECT_EQ(point.step, 40);
  }
  EXPECT_EQ(measured, 1);
  EXPECT_EQ(state.training.accuracy.local, 0.9);
}

TEST_F(WatchTest, ALossThatNoStepHadStaysAsItWas) {
  watch_.add_loss({1.0, 2.0, 3.0});
  watch_.add_loss({0.5, {}, 2.5});
  const NeuronState state = watch_.state();
  EXPECT_EQ(state.training.loss.local, 0.5);
  EXPECT_EQ(state.training.loss.network, 2.0);
  EXPECT_EQ(state.history.back().loss.network, std::nullopt);
}

TEST_F(WatchTest, OldEventsGo) {
  for (int i = 0; i < 500; ++i) watch_.add_event(NeuronState::EventKind::kCame, std::to_string(i));
  const auto events = watch_.state().events;
  ASSERT_EQ(events.size(), NeuronState::kMaxEvents);
  EXPECT_EQ(events.back().text, "499");
}

}  // namespace
}  // namespace bittensor
