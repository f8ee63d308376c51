// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/dendrite/peer_answer.h"

namespace bittensor {

// Collects the results of calls that travel at the same time. Whoever waits goes
// on when all are there or the time is up; what comes later is dropped.
//
// Thread-safe. Shared by the one who waits and the calls under way, which may
// outlast the wait.
class FanOut {
 public:
  struct Result {
    absl::StatusOr<PeerAnswer> answer = absl::DeadlineExceededError("no answer in time");
    Duration took{};
  };

  FanOut(std::size_t calls, Executor& executor)
      : executor_(executor),
        start_(executor.now()),
        calls_(calls),
        results_(calls),
        open_(calls, true) {}

  // What call `i` is to do when it is done. Called at most once for each i.
  std::function<void(absl::StatusOr<PeerAnswer>)> slot(const std::shared_ptr<FanOut>& self,
                                                       std::size_t i);

  // When to give up each call, [calls], as it looks now: asked again whenever a call is done.
  // Called under the fan-out's lock.
  using Patience = std::function<std::vector<TimePoint>()>;

  TimePoint start() const { return start_; }

  // Blocks until each call is done or given up, or until `give_up` is true, which is asked ten
  // times a second. Once.
  std::vector<Result> wait(const Patience& patience, const std::function<bool()>& give_up = nullptr)
      BITTENSOR_EXCLUDES(mutex_);
  std::vector<Result> wait(TimePoint deadline, const std::function<bool()>& give_up = nullptr)
      BITTENSOR_EXCLUDES(mutex_);

  // Whether wait(patience) would return at once.
  bool ready(const Patience& patience) const BITTENSOR_EXCLUDES(mutex_);

  // Whether call `i` is not done yet.
  bool is_open(std::size_t i) const BITTENSOR_EXCLUDES(mutex_);

 private:
  void fill(std::size_t i, absl::StatusOr<PeerAnswer> answer) BITTENSOR_EXCLUDES(mutex_);
  // When the last of the calls under way is given up; TimePoint::min() if all are done.
  TimePoint last(const Patience& patience) const BITTENSOR_REQUIRES(mutex_);

  Executor& executor_;
  const TimePoint start_;
  const std::size_t calls_;
  mutable Mutex mutex_;
  std::condition_variable_any filled_;
  std::vector<Result> results_ BITTENSOR_GUARDED_BY(mutex_);
  std::vector<bool> open_ BITTENSOR_GUARDED_BY(mutex_);
  bool closed_ BITTENSOR_GUARDED_BY(mutex_) = false;
};

}  // namespace bittensor
