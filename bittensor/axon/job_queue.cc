// SPDX-License-Identifier: MIT
#include "bittensor/axon/job_queue.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace bittensor {

bool same_kind(const Job& a, const Job& b) {
  return a.inputs.modality != Modality::kText && a.is_backward() == b.is_backward() &&
         a.inputs.modality == b.inputs.modality && a.synapse == b.synapse &&
         a.inputs.tensor.scalar_type() == b.inputs.tensor.scalar_type() &&
         a.inputs.tensor.sizes().slice(1) == b.inputs.tensor.sizes().slice(1);
}

absl::Status JobQueue::push(Job& job) {
  {
    MutexLock lock(mutex_);
    if (closed_) return absl::UnavailableError("axon stopped");
    if (jobs_.size() >= options_.max_jobs || bytes_ + job.bytes > options_.max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("axon overloaded: ", jobs_.size(), " requests wait"));
    }
    bytes_ += job.bytes;
    const double priority = job.priority;
    jobs_.emplace(priority, std::move(job));
  }
  changed_.notify_one();
  return absl::OkStatus();
}

std::vector<Job> JobQueue::pop_batch(std::int64_t max_rows) {
  MutexLock lock(mutex_);
  while (jobs_.empty() && !closed_) changed_.wait(mutex_);
  std::vector<Job> batch;
  std::int64_t rows = 0;
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    const Job& job = it->second;
    const bool fits =
        batch.empty() || (rows + job.inputs.batch() <= max_rows && same_kind(batch.front(), job));
    if (!fits) {
      ++it;
      continue;
    }
    rows += job.inputs.batch();
    bytes_ -= job.bytes;
    batch.push_back(std::move(it->second));
    it = jobs_.erase(it);
    if (rows >= max_rows) break;
  }
  return batch;
}

std::vector<Job> JobQueue::close() {
  std::vector<Job> left;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (auto& [priority, job] : jobs_) left.push_back(std::move(job));
    jobs_.clear();
    bytes_ = 0;
  }
  changed_.notify_all();
  return left;
}

std::size_t JobQueue::size() const {
  MutexLock lock(mutex_);
  return jobs_.size();
}

}  // namespace bittensor
