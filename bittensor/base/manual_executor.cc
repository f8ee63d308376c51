// SPDX-License-Identifier: MIT
#include "bittensor/base/manual_executor.h"

#include <utility>

namespace bittensor {

TimePoint ManualExecutor::now() const {
  MutexLock lock(mutex_);
  return now_;
}

std::int64_t ManualExecutor::unix_ms() const {
  constexpr std::int64_t kStartMs = 1'600'000'000'000;
  return kStartMs +
         std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
}

void ManualExecutor::post(std::function<void()> task) {
  MutexLock lock(mutex_);
  tasks_.emplace(now_, std::move(task));
}

void ManualExecutor::post_at(TimePoint when, std::function<void()> task) {
  MutexLock lock(mutex_);
  tasks_.emplace(when < now_ ? now_ : when, std::move(task));
}

void ManualExecutor::advance(Duration step) {
  const TimePoint end = now() + step;
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      const auto first = tasks_.begin();
      if (first == tasks_.end() || first->first > end) {
        now_ = end;
        return;
      }
      now_ = first->first;
      task = std::move(first->second);
      tasks_.erase(first);
    }
    task();  // Outside the lock: a task may post.
  }
}

}  // namespace bittensor
