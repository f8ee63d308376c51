// SPDX-License-Identifier: MIT
#include "bittensor/dendrite/fan_out.h"

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

std::vector<FanOut::Result> FanOut::wait(TimePoint deadline) {
  // The executor's time may be a test's; the wait is in real time.
  const TimePoint until = std::chrono::steady_clock::now() + (deadline - executor_.now());
  MutexLock lock(mutex_);
  while (open_ > 0 && filled_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
  }
  closed_ = true;
  return std::move(results_);
}

}  // namespace bittensor
