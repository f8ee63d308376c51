// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "absl/status/status.h"

#include "bittensor/axon/job.h"
#include "bittensor/base/mutex.h"

namespace bittensor {

// Jobs that wait for the worker: bounded in number, bytes and time, taken by
// priority and, within one priority, in the order they came. A job that would
// wait too long is refused when it comes: its caller can look elsewhere at
// once, and the worker's time goes to jobs that somebody still waits for.
//
// Thread-safe.
class JobQueue {
 public:
  struct Options {
    std::size_t max_jobs = 1024;
    std::size_t max_bytes = std::size_t{256} << 20;
    // A job that would wait longer is refused, as far as the pace of the last batches tells.
    Duration max_wait = std::chrono::seconds(1);
    // The worker waits this long for jobs to join while there are fewer than were taken the
    // last time: callers that were answered together often ask again together.
    Duration linger = std::chrono::microseconds(500);
    // With so many rows it does not wait: more would not be cheaper by the row.
    std::int64_t enough_rows = 64;
  };

  explicit JobQueue(Options options) : options_(options) {}

  // Takes the job if it is ok. kResourceExhausted at once if the queue is full, or if so many
  // rows go first that the job's turn would come too late; kUnavailable after close(). The job
  // then is as it was.
  absl::Status push(Job& job, TimePoint now) BITTENSOR_EXCLUDES(mutex_);

  // Whether push() would take a small job of this priority: to refuse a request before any work
  // is done on it.
  absl::Status room(double priority) const BITTENSOR_EXCLUDES(mutex_);

  // The worker tells its pace: a batch of so many rows took so long.
  void computed(std::int64_t rows, Duration took) BITTENSOR_EXCLUDES(mutex_);

  // Blocks until there is a job or the queue is closed. The first by priority, and as many of
  // its kind, first come first, as make at most `max_rows` rows together. Empty: closed.
  // Lingers in real time, as Options says.
  std::vector<Job> pop_batch(std::int64_t max_rows) BITTENSOR_EXCLUDES(mutex_);

  // Refuses further jobs and returns those that wait. May be called twice.
  std::vector<Job> close() BITTENSOR_EXCLUDES(mutex_);

  std::size_t size() const BITTENSOR_EXCLUDES(mutex_);

 private:
  // Larger priorities first; std::multimap keeps the order of equal ones.
  using Jobs = std::multimap<double, Job, std::greater<>>;

  absl::Status check(double priority, std::size_t bytes) const BITTENSOR_REQUIRES(mutex_);
  Duration expected_wait(double priority) const BITTENSOR_REQUIRES(mutex_);
  void linger() BITTENSOR_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  Jobs jobs_ BITTENSOR_GUARDED_BY(mutex_);
  std::size_t bytes_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::int64_t rows_ BITTENSOR_GUARDED_BY(mutex_) = 0;
  std::size_t taken_ BITTENSOR_GUARDED_BY(mutex_) = 0;              // by the last pop_batch()
  std::deque<Duration> time_per_row_ BITTENSOR_GUARDED_BY(mutex_);  // of the last batches, each
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

}  // namespace bittensor
