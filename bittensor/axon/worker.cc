// SPDX-License-Identifier: MIT
#include "bittensor/axon/worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"

namespace bittensor {
namespace {

// The inputs of all jobs in one batch.
Inputs joined_inputs(const std::vector<Job>& jobs) {
  if (jobs.size() == 1) return jobs.front().inputs;
  std::vector<at::Tensor> tensors;
  for (const Job& job : jobs) tensors.push_back(job.inputs.tensor);
  Inputs inputs = jobs.front().inputs;
  inputs.tensor = at::cat(tensors);
  return inputs;
}

at::Tensor joined_gradients(const std::vector<Job>& jobs) {
  if (jobs.size() == 1) return jobs.front().output_gradient;
  std::vector<at::Tensor> tensors;
  for (const Job& job : jobs) tensors.push_back(job.output_gradient);
  return at::cat(tensors);
}

absl::StatusOr<at::Tensor> compute(const std::vector<Job>& jobs) {
  ServedSynapse& synapse = *jobs.front().synapse;
  // The axon looks at the values before it queues a job.
  constexpr auto kFinite = ServedSynapse::Values::kKnownFinite;
  const Inputs inputs = joined_inputs(jobs);
  if (!jobs.front().is_backward()) return synapse.forward(inputs, kFinite);
  return synapse.backward(inputs, joined_gradients(jobs), kFinite);
}

// Gives each job its rows of `result`; a view, no copy.
void hand_out(const std::vector<Job>& jobs, const at::Tensor& result) {
  if (jobs.size() == 1) return jobs.front().done(result);
  std::int64_t row = 0;
  for (const Job& job : jobs) {
    const std::int64_t rows = job.inputs.batch();
    job.done(result.narrow(0, row, rows));
    row += rows;
  }
}

}  // namespace

Worker::Worker(JobQueue& queue, std::int64_t max_rows, Executor& executor)
    : queue_(queue), max_rows_(max_rows), executor_(executor), thread_([this] { run(); }) {}

Worker::~Worker() {
  thread_.join();
}

void Worker::run() {
  at::init_num_threads();  // OpenMP counts threads per calling thread.
  while (true) {
    std::vector<Job> batch = queue_.pop_batch(max_rows_);
    if (batch.empty()) return;
    run_batch(std::move(batch));
  }
}

void Worker::run_batch(std::vector<Job> batch) {
  // Nobody waits for these any more: computing them would only make others late too.
  const auto late = std::stable_partition(batch.begin(), batch.end(), [this](const Job& job) {
    return job.deadline > executor_.now();
  });
  for (auto job = late; job != batch.end(); ++job) {
    job->done(absl::DeadlineExceededError("waited past its deadline in the axon's queue"));
  }
  batch.erase(late, batch.end());
  if (batch.empty()) return;

  const TimePoint start = executor_.now();
  auto result = compute(batch);
  if (result.ok()) {
    hand_out(batch, *result);
    // With the answers' serialisation and signatures, which run here too.
    return queue_.computed(result->size(0), executor_.now() - start);
  }
  if (batch.size() == 1) return batch.front().done(result.status());
  // What one job did wrong must not reach the others, nor undo the joining of them all.
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
  run_batch({std::make_move_iterator(batch.begin()), std::make_move_iterator(middle)});
  run_batch({std::make_move_iterator(middle), std::make_move_iterator(batch.end())});
}

}  // namespace bittensor
