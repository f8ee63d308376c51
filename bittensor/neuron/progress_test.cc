// SPDX-License-Identifier: MIT
#include "bittensor/neuron/progress.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/manual_executor.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

StepProgress half_way() {
  StepProgress step;
  step.epoch = 1;
  step.epochs = 2;
  step.images = 500;
  step.images_in_epoch = 1000;
  step.weights = {{"3f2a91c0", 0.53}};
  return step;
}

TEST(Progress, SaysRateTimeLeftAndWeights) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kLines, executor);
  progress.start_epoch();
  executor.advance(10s);
  ::testing::internal::CaptureStdout();
  progress.show(half_way());
  const std::string line = ::testing::internal::GetCapturedStdout();
  for (const char* part : {"epoch 1/2", "50%", "50 samples/s", "10 s left", "3f2a91c0 0.530"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
}

TEST(Progress, ALiveViewIsDrawnInPlaceAndLinesStayAboveIt) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kLive, executor);
  ::testing::internal::CaptureStdout();
  progress.draw({"a", "b"});
  progress.say("said");
  progress.draw({"c"});
  progress.clear();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "a\nb\n"
            "\033[2F\033[Jsaid\na\nb\n"
            "\033[2F\033[Jc\n"
            "\033[1F\033[J");
}

TEST(Progress, QuietIsQuiet) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kQuiet, executor);
  ::testing::internal::CaptureStdout();
  progress.start_epoch();
  executor.advance(1s);
  progress.show(half_way());
  progress.say("said");
  progress.draw({"a"});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(progress.images_per_second(), 500) << "it counts all the same";
}

TEST(Progress, JsonIsOneObjectALine) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kJson, executor);
  progress.start_epoch();
  executor.advance(1s);
  ::testing::internal::CaptureStdout();
  progress.show(half_way());
  progress.say("said");
  const std::string lines = ::testing::internal::GetCapturedStdout();
  const auto first = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(first["event"], "step");
  EXPECT_EQ(first["images"], 500);
  EXPECT_EQ(nlohmann::json::parse(lines.substr(lines.find('\n') + 1))["line"], "said");
}

TEST(Progress, QuietSaysNothingButCounts) {
  ManualExecutor executor;
  Progress progress(Progress::style_of("quiet"), executor);
  progress.start_epoch();
  executor.advance(10s);
  ::testing::internal::CaptureStdout();
  progress.show(half_way());
  progress.say("said");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(progress.images_per_second(), 50);
}

TEST(Progress, EventWithAPathThatIsNotUtf8IsStillAnEvent) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kJson, executor);
  ::testing::internal::CaptureStdout();
  progress.event("saved", {{"file", "\xff.pt"}});
  const std::string line = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(nlohmann::json::parse(line)["event"], "saved");
}

TEST(Progress, RateIsOverAllEpochs) {
  ManualExecutor executor;
  Progress progress(Progress::Style::kJson, executor);
  for (const Duration epoch : {Duration(5s), Duration(15s)}) {
    progress.start_epoch();
    executor.advance(epoch);
    ::testing::internal::CaptureStdout();
    progress.show(half_way());
    ::testing::internal::GetCapturedStdout();
  }
  EXPECT_DOUBLE_EQ(progress.images_per_second(), 1000 / 20.0);
}

TEST(Progress, BarIsDrawnTenTimesASecondLinesAtTheirInterval) {
  ManualExecutor executor;
  executor.advance(1h);
  Progress bar(Progress::Style::kBar, executor);
  EXPECT_TRUE(bar.due(false));
  Progress lines(Progress::Style::kLines, executor);
  EXPECT_FALSE(lines.due(false));
  EXPECT_TRUE(lines.due(true));
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(duration_text(-1), "0 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

}  // namespace
}  // namespace bittensor
