// SPDX-License-Identifier: MIT
#pragma once

#include <map>

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// An Executor whose time stands still until a test moves it. Tasks run in the
// thread that calls run() or advance(), in order of their time; ties keep the
// order in which they were posted. Two runs of one test give one order.
class ManualExecutor final : public Executor {
 public:
  TimePoint now() const override BITTENSOR_EXCLUDES(mutex_);
  // Moves with now(), from 2020-09-13 on.
  std::int64_t unix_ms() const override BITTENSOR_EXCLUDES(mutex_);
  void post(std::function<void()> task) override BITTENSOR_EXCLUDES(mutex_);
  void post_at(TimePoint when, std::function<void()> task) override BITTENSOR_EXCLUDES(mutex_);

  // Runs what is due now, and what that posts, until nothing is due.
  void run() { advance(Duration::zero()); }

  // Moves the time by `step`, stopping at each task on the way.
  void advance(Duration step) BITTENSOR_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  TimePoint now_ BITTENSOR_GUARDED_BY(mutex_){};
  std::multimap<TimePoint, std::function<void()>> tasks_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
