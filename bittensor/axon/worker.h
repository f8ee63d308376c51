// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "bittensor/axon/job_queue.h"
#include "bittensor/axon/taught_gradients.h"

namespace bittensor {

// The thread that runs the synapse for others: takes jobs from the queue, joins
// those of a kind into one batch, computes it once and gives each caller its rows.
class Worker {
 public:
  // `taught` gets the gradients that the model learns from. Both must outlive the worker.
  Worker(JobQueue& queue, std::int64_t max_rows, TaughtGradients& taught, Executor& executor);

  // The queue must be closed; waits for the batch under way.
  ~Worker();

 private:
  void run();
  void run_batch(std::vector<Job> batch);

  JobQueue& queue_;
  const std::int64_t max_rows_;
  TaughtGradients& taught_;
  Executor& executor_;
  std::thread thread_;
};

}  // namespace bittensor
