// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <map>
#include <thread>
#include <vector>

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// The Executor of a running neuron: a few threads that take tasks in order of
// their time. With one thread tasks run one after another, in order.
//
// Tasks must be short or few: a task that blocks keeps its thread.
class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(int threads = 1);

  // Stops, see stop().
  ~ThreadExecutor() override;

  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t unix_ms() const override;
  void post(std::function<void()> task) override { post_at(TimePoint::min(), std::move(task)); }
  void post_at(TimePoint when, std::function<void()> task) override BITTENSOR_EXCLUDES(mutex_);

  // Waits for the running tasks and drops the others, also those posted later.
  // May be called twice, but not from a task.
  void stop() BITTENSOR_EXCLUDES(mutex_);

 private:
  void run() BITTENSOR_EXCLUDES(mutex_);

  Mutex mutex_;
  std::condition_variable_any wake_;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::multimap<TimePoint, std::function<void()>> tasks_ BITTENSOR_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace bittensor
