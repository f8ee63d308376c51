// SPDX-License-Identifier: MIT
#include "bittensor/base/thread_executor.h"

#include <utility>

namespace bittensor {

ThreadExecutor::ThreadExecutor(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ThreadExecutor::~ThreadExecutor() {
  stop();
}

std::int64_t ThreadExecutor::unix_ms() const {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

void ThreadExecutor::post_at(TimePoint when, std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    tasks_.emplace(when, std::move(task));
  }
  wake_.notify_one();
}

void ThreadExecutor::stop() {
  std::multimap<TimePoint, std::function<void()>> dropped;  // Destroyed outside the lock.
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ThreadExecutor::run() {
  MutexLock lock(mutex_);
  while (!stopped_) {
    if (tasks_.empty()) {
      wake_.wait(mutex_);
      continue;
    }
    const auto first = tasks_.begin();
    if (first->first > now()) {
      const TimePoint when = first->first;  // A copy: the task may be gone after the wait.
      wake_.wait_until(mutex_, when);
      continue;
    }
    std::function<void()> task = std::move(first->second);
    tasks_.erase(first);
    mutex_.unlock();
    task();
    task = nullptr;  // What the task holds must not be destroyed under the lock.
    mutex_.lock();
  }
}

}  // namespace bittensor
