// SPDX-License-Identifier: MIT
#include "bittensor/axon/job_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

constexpr std::size_t kBatchesForPace = 8;

}  // namespace

bool same_kind(const Job& a, const Job& b) {
  return a.inputs.modality != Modality::kText && a.is_backward() == b.is_backward() &&
         a.teaches == b.teaches && a.teacher == b.teacher &&
         a.wants_input_gradient == b.wants_input_gradient &&
         a.inputs.modality == b.inputs.modality && a.synapse == b.synapse &&
         a.inputs.tensor.scalar_type() == b.inputs.tensor.scalar_type() &&
         a.inputs.tensor.sizes().slice(1) == b.inputs.tensor.sizes().slice(1);
}

absl::Status JobQueue::check(double priority, std::size_t bytes) const {
  if (closed_) return absl::UnavailableError("axon stopped");
  if (jobs_.size() >= options_.max_jobs || bytes_ + bytes > options_.max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("axon overloaded: ", jobs_.size(), " requests wait"));
  }
  const Duration wait = expected_wait(priority);
  if (wait > options_.max_wait) {
    return absl::ResourceExhaustedError(
        absl::StrCat("axon overloaded: ", wait / std::chrono::milliseconds(1), " ms of work wait"));
  }
  return absl::OkStatus();
}

// By the fastest of the last batches: a hiccup, or a first batch that is slow, refuses nobody.
Duration JobQueue::expected_wait(double priority) const {
  if (time_per_row_.size() < kBatchesForPace) return Duration::zero();
  std::int64_t rows = rows_;
  // From the end: few jobs or none have a lower priority, and this runs for each request.
  for (auto job = jobs_.rbegin(); job != jobs_.rend() && job->first < priority; ++job) {
    rows -= job->second.inputs.batch();
  }
  return rows * *std::min_element(time_per_row_.begin(), time_per_row_.end());
}

void JobQueue::computed(std::int64_t rows, Duration took) {
  if (rows <= 0) return;
  MutexLock lock(mutex_);
  time_per_row_.push_back(took / rows);
  if (time_per_row_.size() > kBatchesForPace) time_per_row_.pop_front();
}

absl::Status JobQueue::room(double priority) const {
  MutexLock lock(mutex_);
  return check(priority, /*bytes=*/0);
}

absl::Status JobQueue::push(Job& job, TimePoint now) {
  {
    MutexLock lock(mutex_);
    if (auto status = check(job.priority, job.bytes); !status.ok()) return status;
    if (now + expected_wait(job.priority) > job.deadline) {
      return absl::ResourceExhaustedError("axon busy: the answer would come past its deadline");
    }
    bytes_ += job.bytes;
    rows_ += job.inputs.batch();
    const double priority = job.priority;
    jobs_.emplace(priority, std::move(job));
  }
  changed_.notify_one();
  return absl::OkStatus();
}

void JobQueue::linger() {
  const auto until = std::chrono::steady_clock::now() + options_.linger;
  while (!closed_ && jobs_.size() < taken_ && rows_ < options_.enough_rows) {
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return;
  }
}

std::vector<Job> JobQueue::pop_batch(std::int64_t max_rows) {
  MutexLock lock(mutex_);
  while (jobs_.empty() && !closed_) changed_.wait(mutex_);
  linger();
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
    rows_ -= job.inputs.batch();
    bytes_ -= job.bytes;
    batch.push_back(std::move(it->second));
    it = jobs_.erase(it);
    if (rows >= max_rows) break;
  }
  taken_ = batch.size();
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
    rows_ = 0;
  }
  changed_.notify_all();
  return left;
}

std::size_t JobQueue::size() const {
  MutexLock lock(mutex_);
  return jobs_.size();
}

}  // namespace bittensor
