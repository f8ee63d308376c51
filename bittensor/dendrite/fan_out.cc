// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out.h"

#include <algorithm>
#include <utility>

namespace bittensor {

std::function<void(absl::StatusOr<at::Tensor>)> FanOut::slot(const std::shared_ptr<FanOut>& self,
                                                             std::size_t i) {
  return [self, i](absl::StatusOr<at::Tensor> tensor) { self->fill(i, std::move(tensor)); };
}

void FanOut::fill(std::size_t i, absl::StatusOr<at::Tensor> tensor) {
  const Duration took = executor_.now() - start_;
  MutexLock lock(mutex_);
  if (closed_) return;
  results_[i] = {std::move(tensor), took};
  if (--open_ == 0) filled_.notify_all();
}

std::vector<FanOut::Result> FanOut::wait(TimePoint deadline, const std::function<bool()>& give_up) {
  constexpr Duration kLook = std::chrono::milliseconds(100);
  // The executor's time may be a test's; the wait is in real time.
  const TimePoint until = std::chrono::steady_clock::now() + (deadline - executor_.now());
  MutexLock lock(mutex_);
  while (open_ > 0) {
    const TimePoint now = std::chrono::steady_clock::now();
    if (now >= until || (give_up && give_up())) break;
    filled_.wait_until(mutex_, give_up ? std::min(until, now + kLook) : until);
  }
  closed_ = true;
  return std::move(results_);
}

}  // namespace bittensor
