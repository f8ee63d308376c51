// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out.h"

#include <future>
#include <thread>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/base/manual_executor.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

TEST(FanOut, ResultsStandInTheOrderOfTheCalls) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(2, executor);
  fan_out->slot(fan_out, 1)(torch::ones({1}));
  fan_out->slot(fan_out, 0)(absl::NotFoundError("gone"));
  const auto results = fan_out->wait(executor.now() + 1h);
  EXPECT_EQ(results[0].answer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(results[1].answer.ok());
}

TEST(FanOut, SaysHowLongEachCallTook) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(1, executor);
  executor.advance(30ms);
  fan_out->slot(fan_out, 0)(torch::ones({1}));
  EXPECT_EQ(fan_out->wait(executor.now() + 1h)[0].took, 30ms);
}

TEST(FanOut, WaitEndsAtTheDeadlineWithTheAnswersThatAreThere) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(2, executor);
  const auto late = fan_out->slot(fan_out, 1);
  fan_out->slot(fan_out, 0)(torch::ones({1}));
  const auto results = fan_out->wait(executor.now());
  EXPECT_TRUE(results[0].answer.ok());
  EXPECT_EQ(results[1].answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  late(torch::ones({1}));  // Comes after the end: nobody reads it, nothing breaks.
}

TEST(FanOut, CallThatIsGivenUpEarlyIsNotWaitedFor) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(2, executor);
  const auto patience = [&] { return std::vector<TimePoint>{executor.now() + 1h, executor.now()}; };
  EXPECT_FALSE(fan_out->ready(patience));
  fan_out->slot(fan_out, 0)(torch::ones({1}));
  EXPECT_TRUE(fan_out->ready(patience));
  const auto results = fan_out->wait(patience);
  EXPECT_TRUE(results[0].answer.ok());
  EXPECT_FALSE(results[1].answer.ok());
}

TEST(FanOut, PatienceIsAskedAgainWhenACallIsDone) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(2, executor);
  std::promise<void> waits;
  int asked = 0;
  std::thread answer([&] {
    waits.get_future().wait();
    fan_out->slot(fan_out, 0)(torch::ones({1}));
  });
  const auto results = fan_out->wait([&] {
    if (++asked == 1) waits.set_value();
    // Once the first is there, the second is no longer waited for.
    const TimePoint now = executor.now();
    return std::vector<TimePoint>{now + 1h, asked == 1 ? now + 1h : now};
  });
  answer.join();
  EXPECT_TRUE(results[0].answer.ok());
  EXPECT_FALSE(results[1].answer.ok());
}

TEST(FanOut, WaitEndsWhenThereIsReasonToGiveUp) {
  ManualExecutor executor;
  auto fan_out = std::make_shared<FanOut>(2, executor);
  fan_out->slot(fan_out, 0)(torch::ones({1}));
  const auto results = fan_out->wait(executor.now() + 1h, [] { return true; });
  EXPECT_TRUE(results[0].answer.ok());
  EXPECT_FALSE(results[1].answer.ok());
}

TEST(FanOut, WithoutCallsNothingIsWaitedFor) {
  ManualExecutor executor;
  FanOut fan_out(0, executor);
  EXPECT_TRUE(fan_out.wait(executor.now() + 1h).empty());
}

}  // namespace
}  // namespace bittensor
