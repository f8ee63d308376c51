// SPDX-License-Identifier: MIT
#include "bittensor/axon/worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ATen/ATen.h"
#include "ATen/Parallel.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

// The axon looks at the values before it queues a job.
constexpr auto kFinite = ServedSynapse::Values::kKnownFinite;

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

// Of a batch of gradients: what the callers get; what the model learns goes to `taught`.
absl::StatusOr<Job::Result> compute_backward(const std::vector<Job>& jobs,
                                             TaughtGradients& taught) {
  const Job& first = jobs.front();
  BITTENSOR_ASSIGN_OR_RETURN(
      ServedSynapse::Gradients found,
      first.synapse->gradients(joined_inputs(jobs), joined_gradients(jobs),
                               {first.wants_input_gradient, first.teaches}, kFinite));
  if (first.teaches) BITTENSOR_RETURN_IF_ERROR(taught.add(first.teacher, found.parameters));
  return Job::Result{std::move(found.inputs), {}, first.teaches};
}

absl::StatusOr<Job::Result> compute(const std::vector<Job>& jobs, TaughtGradients& taught) {
  if (jobs.front().is_backward()) return compute_backward(jobs, taught);
  ServedSynapse& synapse = *jobs.front().synapse;
  Job::Result result;
  BITTENSOR_ASSIGN_OR_RETURN(result.tensor, synapse.forward(joined_inputs(jobs), kFinite));
  if (std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.wants_prediction; })) {
    BITTENSOR_ASSIGN_OR_RETURN(result.prediction, synapse.predict(result.tensor));
  }
  return result;
}

// Gives each job its rows of `result`; views, no copies.
void distribute(const std::vector<Job>& jobs, const Job::Result& result) {
  const auto part = [](const at::Tensor& whole, std::int64_t row, std::int64_t rows) {
    return whole.defined() ? whole.narrow(0, row, rows) : whole;
  };
  std::int64_t row = 0;
  for (const Job& job : jobs) {
    const std::int64_t rows = job.inputs.batch();
    job.done(Job::Result{part(result.tensor, row, rows),
                         job.wants_prediction ? part(result.prediction, row, rows) : at::Tensor(),
                         result.learned});
    row += rows;
  }
}

}  // namespace

Worker::Worker(JobQueue& queue, std::int64_t max_rows, TaughtGradients& taught, Executor& executor)
    : queue_(queue), max_rows_(max_rows), taught_(taught), executor_(executor), thread_([this] {
        run();
      }) {}

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
  auto result = compute(batch, taught_);
  if (result.ok()) {
    std::int64_t rows = 0;
    for (const Job& job : batch) rows += job.inputs.batch();
    distribute(batch, *result);
    // With the answers' serialisation and signatures, which run here too.
    return queue_.computed(rows, executor_.now() - start);
  }
  if (batch.size() == 1) return batch.front().done(result.status());
  // What one job did wrong must not reach the others, nor undo the joining of them all.
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
  run_batch({std::make_move_iterator(batch.begin()), std::make_move_iterator(middle)});
  run_batch({std::make_move_iterator(middle), std::make_move_iterator(batch.end())});
}

}  // namespace bittensor
