// SPDX-License-Identifier: MIT
#include "bittensor/base/thread_executor.h"

#include <future>
#include <string>

#include "gtest/gtest.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

TEST(ThreadExecutor, OneThreadRunsTasksInTheirOrder) {
  ThreadExecutor executor;
  std::string order;
  std::promise<void> done;
  executor.post_at(executor.now() + 20ms, [&] {
    order += "b";
    done.set_value();
  });
  executor.post([&] { order += "a"; });
  done.get_future().get();
  EXPECT_EQ(order, "ab");
}

TEST(ThreadExecutor, ATaskMayPost) {
  ThreadExecutor executor;
  std::promise<void> done;
  executor.post([&] { executor.post([&] { done.set_value(); }); });
  EXPECT_EQ(done.get_future().wait_for(5s), std::future_status::ready);
}

TEST(ThreadExecutor, StopDropsWhatIsNotDueAndReturns) {
  ThreadExecutor executor(2);
  bool ran = false;
  executor.post_at(executor.now() + 1h, [&] { ran = true; });
  executor.stop();
  executor.stop();
  executor.post([&] { ran = true; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace bittensor
