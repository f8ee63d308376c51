// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <thread>

#include "datasets/batches.h"

#include "bittensor/base/mutex.h"

namespace bittensor {

// Batches that a thread of its own makes ahead of the training, so that it never waits for them.
// What at() gives is what Batches would.
//
// Not thread-safe. The destructor waits for the thread, at most as long as a batch takes.
class ReadAhead {
 public:
  // Keeps up to `depth` > 0 batches ready.
  explicit ReadAhead(Batches batches, std::size_t depth = 4);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::int64_t per_epoch() const { return per_epoch_; }

  // The batch of `step` ≥ 0; it is ready if the step follows the last one. Waits for the thread
  // else. Throws what making it threw.
  Batch at(std::int64_t step) BITTENSOR_EXCLUDES(mutex_);

 private:
  struct Ready {
    Batch batch;
    std::exception_ptr failure;
  };

  void run() BITTENSOR_EXCLUDES(mutex_);
  Ready make(std::int64_t step);

  Batches batches_;  // the thread's
  const std::int64_t per_epoch_;
  const std::size_t depth_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopped_ BITTENSOR_GUARDED_BY(mutex_) = false;
  std::int64_t first_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // the step of ready_.front()
  std::deque<Ready> ready_ BITTENSOR_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace bittensor
