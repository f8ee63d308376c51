// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/axon/job.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// Jobs that wait for the worker: bounded in number and bytes, taken by priority
// and, within one priority, in the order they came.
//
// Thread-safe.
class JobQueue {
 public:
  struct Options {
    std::size_t max_jobs = 1024;
    std::size_t max_bytes = std::size_t{256} << 20;
  };

  explicit JobQueue(Options options) : options_(options) {}

  // Takes the job if it is ok. kResourceExhausted at once if the queue is full, kUnavailable
  // after close(); the job then is as it was.
  absl::Status push(Job& job) BITTENSOR_EXCLUDES(mutex_);

  // Blocks until there is a job or the queue is closed. The first by priority, and as many of
  // its kind, first come first, as make at most `max_rows` rows together. Empty: closed.
  std::vector<Job> pop_batch(std::int64_t max_rows) BITTENSOR_EXCLUDES(mutex_);

  // Refuses further jobs and returns those that wait. May be called twice.
  std::vector<Job> close() BITTENSOR_EXCLUDES(mutex_);

  std::size_t size() const BITTENSOR_EXCLUDES(mutex_);

 private:
  // Larger priorities first; std::multimap keeps the order of equal ones.
  using Jobs = std::multimap<double, Job, std::greater<>>;

  const Options options_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  Jobs jobs_ BITTENSOR_GUARDED_BY(mutex_);
  std::size_t bytes_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

}  // namespace bittensor
