// SPDX-License-Identifier: MIT
#include "bittensor/axon/job_queue.h"

#include <utility>

#include "gtest/gtest.h"
#include "torch/torch.h"

namespace bittensor {
namespace {

Job job_of(std::vector<std::int64_t> shape, double priority = 0) {
  Job job;
  job.inputs = Inputs::of_tensor(torch::zeros(shape));
  job.priority = priority;
  job.bytes = job.inputs.tensor.nbytes();
  return job;
}

absl::Status push(JobQueue& queue, Job job) {
  return queue.push(job);
}

TEST(JobQueue, LargerPriorityGoesFirstAndEqualOnesInOrder) {
  JobQueue queue({});
  ASSERT_TRUE(push(queue, job_of({1, 1}, 0)).ok());
  ASSERT_TRUE(push(queue, job_of({1, 2}, 5)).ok());
  ASSERT_TRUE(push(queue, job_of({1, 3}, 5)).ok());
  EXPECT_EQ(queue.pop_batch(100).front().inputs.tensor.size(1), 2);
  EXPECT_EQ(queue.pop_batch(100).front().inputs.tensor.size(1), 3);
  EXPECT_EQ(queue.pop_batch(100).front().inputs.tensor.size(1), 1);
}

TEST(JobQueue, JoinsJobsOfOneKindUpToTheRowLimit) {
  JobQueue queue({});
  for (const std::int64_t rows : {4, 4, 4}) ASSERT_TRUE(push(queue, job_of({rows, 8})).ok());
  EXPECT_EQ(queue.pop_batch(8).size(), 2u);
  EXPECT_EQ(queue.pop_batch(8).size(), 1u);
}

TEST(JobQueue, OtherShapesAndBackwardsAreNotJoined) {
  JobQueue queue({});
  ASSERT_TRUE(push(queue, job_of({1, 8})).ok());
  ASSERT_TRUE(push(queue, job_of({1, 9})).ok());
  Job backward = job_of({1, 8});
  backward.output_gradient = torch::zeros({1, 8});
  ASSERT_TRUE(queue.push(backward).ok());
  ASSERT_TRUE(push(queue, job_of({1, 8})).ok());
  EXPECT_EQ(queue.pop_batch(100).size(), 2u) << "the first and the last";
  EXPECT_EQ(queue.pop_batch(100).size(), 1u);
  EXPECT_EQ(queue.pop_batch(100).size(), 1u);
}

TEST(JobQueue, OneJobLargerThanTheRowLimitStillRuns) {
  JobQueue queue({});
  ASSERT_TRUE(push(queue, job_of({50, 2})).ok());
  EXPECT_EQ(queue.pop_batch(8).size(), 1u);
}

TEST(JobQueue, FullQueueRefusesAtOnceAndLeavesTheJob) {
  JobQueue queue({2, 1 << 20});
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  Job third = job_of({1, 2});
  EXPECT_EQ(queue.push(third).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(third.inputs.tensor.defined());
}

TEST(JobQueue, BytesAreBoundedAndFreedByPopping) {
  JobQueue queue({100, 1000});
  ASSERT_TRUE(push(queue, job_of({1, 200})).ok());
  EXPECT_EQ(push(queue, job_of({1, 200})).code(), absl::StatusCode::kResourceExhausted);
  queue.pop_batch(1);
  EXPECT_TRUE(push(queue, job_of({1, 200})).ok());
}

TEST(JobQueue, CloseReturnsWhatWaitsAndRefusesMore) {
  JobQueue queue({});
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  EXPECT_EQ(queue.close().size(), 1u);
  EXPECT_TRUE(queue.close().empty());
  EXPECT_EQ(push(queue, job_of({1, 2})).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(queue.pop_batch(1).empty());
}

}  // namespace
}  // namespace bittensor
