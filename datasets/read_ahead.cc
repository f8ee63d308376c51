// SPDX-License-Identifier: MIT
#include "datasets/read_ahead.h"

#include <utility>

#include "torch/types.h"

#include "bittensor/base/check.h"

namespace bittensor {

ReadAhead::ReadAhead(Batches batches, std::size_t depth)
    : batches_(std::move(batches)),
      per_epoch_(batches_.per_epoch()),
      depth_(depth),
      thread_([this] { run(); }) {
  BITTENSOR_CHECK(depth > 0);
}

ReadAhead::~ReadAhead() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Batch ReadAhead::at(std::int64_t step) {
  BITTENSOR_CHECK(step >= 0) << step;
  Ready ready;
  {
    const MutexLock lock(mutex_);
    if (step != first_) {  // a run that resumes, or a test
      ready_.clear();
      first_ = step;
      changed_.notify_all();
    }
    while (ready_.empty()) changed_.wait(mutex_);  // ends: the thread makes it, or a failure
    ready = std::move(ready_.front());
    ready_.pop_front();
    ++first_;
  }
  changed_.notify_all();
  if (ready.failure) std::rethrow_exception(ready.failure);
  return std::move(ready.batch);
}

ReadAhead::Ready ReadAhead::make(std::int64_t step) {
  try {
    return {batches_.at(step), nullptr};
  } catch (...) {  // libtorch: no memory
    return {{}, std::current_exception()};
  }
}

void ReadAhead::run() {
  mutex_.lock();
  while (!stopped_) {
    if (ready_.size() >= depth_) {
      changed_.wait(mutex_);
      continue;
    }
    const std::int64_t step = first_ + static_cast<std::int64_t>(ready_.size());
    mutex_.unlock();
    Ready made = make(step);
    mutex_.lock();
    // Another step may be wanted by now.
    if (step == first_ + static_cast<std::int64_t>(ready_.size())) {
      ready_.push_back(std::move(made));
      changed_.notify_all();
    }
  }
  mutex_.unlock();
}

}  // namespace bittensor
