// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out.h"

#include <algorithm>
#include <utility>

namespace bittensor {

std::function<void(absl::StatusOr<PeerAnswer>)> FanOut::slot(const std::shared_ptr<FanOut>& self,
                                                             std::size_t i) {
  return [self, i](absl::StatusOr<PeerAnswer> answer) { self->fill(i, std::move(answer)); };
}

void FanOut::fill(std::size_t i, absl::StatusOr<PeerAnswer> answer) {
  const Duration took = executor_.now() - start_;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    results_[i] = {std::move(answer), took};
    open_[i] = false;
  }
  // Not under the lock, which the one who waits needs at once.
  filled_.notify_all();
}

TimePoint FanOut::last(const Patience& patience) const {
  const std::vector<TimePoint> until = patience();
  TimePoint last = TimePoint::min();
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (open_[i]) last = std::max(last, until[i]);
  }
  return last;
}

bool FanOut::ready(const Patience& patience) const {
  MutexLock lock(mutex_);
  return last(patience) <= executor_.now();
}

bool FanOut::is_open(std::size_t i) const {
  MutexLock lock(mutex_);
  return open_[i];
}

std::vector<FanOut::Result> FanOut::wait(TimePoint deadline, const std::function<bool()>& give_up) {
  return wait([until = std::vector<TimePoint>(calls_, deadline)] { return until; }, give_up);
}

std::vector<FanOut::Result> FanOut::wait(const Patience& patience,
                                         const std::function<bool()>& give_up) {
  constexpr Duration kLook = std::chrono::milliseconds(100);
  // The executor's time may be a test's, which stands still; the wait is in real time.
  const Duration ahead = std::chrono::steady_clock::now() - executor_.now();
  while (true) {
    const bool stop = give_up && give_up();  // Not under the lock: it may be anybody's code.
    MutexLock lock(mutex_);
    const TimePoint until = last(patience);
    const TimePoint now = std::chrono::steady_clock::now();
    if (until == TimePoint::min() || until + ahead <= now || stop) {
      closed_ = true;
      return std::move(results_);
    }
    filled_.wait_until(mutex_, give_up ? std::min(until + ahead, now + kLook) : until + ahead);
  }
}

}  // namespace bittensor
