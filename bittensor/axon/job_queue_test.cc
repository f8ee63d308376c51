// SPDX-License-Identifier: MIT
#include "bittensor/axon/job_queue.h"

#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using namespace std::chrono_literals;

Job job_of(std::vector<std::int64_t> shape, double priority = 0) {
  Job job;
  job.inputs = Inputs::of_tensor(torch::zeros(shape));
  job.priority = priority;
  job.bytes = job.inputs.tensor.nbytes();
  job.deadline = TimePoint::max();
  return job;
}

const TimePoint kNow = TimePoint() + std::chrono::hours(1);

absl::Status push(JobQueue& queue, Job job, TimePoint now = kNow) {
  return queue.push(job, now);
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
  ASSERT_TRUE(queue.push(backward, kNow).ok());
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
  JobQueue::Options options;
  options.max_jobs = 2;
  JobQueue queue(options);
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  Job third = job_of({1, 2});
  EXPECT_EQ(queue.push(third, kNow).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(third.inputs.tensor.defined());
}

TEST(JobQueue, BytesAreBoundedAndFreedByPopping) {
  JobQueue::Options options;
  options.max_bytes = 1000;
  JobQueue queue(options);
  ASSERT_TRUE(push(queue, job_of({1, 200})).ok());
  EXPECT_EQ(push(queue, job_of({1, 200})).code(), absl::StatusCode::kResourceExhausted);
  queue.pop_batch(1);
  EXPECT_TRUE(push(queue, job_of({1, 200})).ok());
}

// A queue whose worker takes 10 ms a row.
struct PacedQueue : JobQueue {
  PacedQueue() : JobQueue({}) {
    for (int i = 0; i < 8; ++i) computed(10, 100ms);
  }
};

TEST(JobQueue, RefusesWhatWouldWaitTooLong) {
  PacedQueue queue;  // At most a second.
  ASSERT_TRUE(push(queue, job_of({99, 2})).ok());
  ASSERT_TRUE(push(queue, job_of({2, 2})).ok());
  EXPECT_EQ(push(queue, job_of({1, 2})).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(queue.room(0).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(push(queue, job_of({1, 2}, /*priority=*/7)).ok()) << "nobody goes first";
  queue.pop_batch(1);  // the one of priority
  queue.pop_batch(1);  // the oldest
  EXPECT_TRUE(queue.room(0).ok());
}

TEST(JobQueue, RefusesWhatWouldMissItsDeadline) {
  PacedQueue queue;
  ASSERT_TRUE(push(queue, job_of({50, 2})).ok());
  Job hurried = job_of({1, 2});
  hurried.deadline = kNow + 400ms;
  EXPECT_EQ(queue.push(hurried, kNow).code(), absl::StatusCode::kResourceExhausted);
  hurried.deadline = kNow + 600ms;
  EXPECT_TRUE(queue.push(hurried, kNow).ok());
}

TEST(JobQueue, OneSlowBatchRefusesNobody) {
  JobQueue queue({});
  queue.computed(1, 10s);
  ASSERT_TRUE(push(queue, job_of({64, 2})).ok());
  EXPECT_TRUE(push(queue, job_of({64, 2})).ok());
}

TEST(JobQueue, LingersForAsManyJobsAsTheLastTime) {
  JobQueue::Options options;
  options.linger = 1h;
  JobQueue queue(options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  EXPECT_EQ(queue.pop_batch(100).size(), 2u) << "nothing to wait for the first time";
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  std::thread late([&] { EXPECT_TRUE(push(queue, job_of({1, 2})).ok()); });
  EXPECT_EQ(queue.pop_batch(100).size(), 2u);
  late.join();
}

TEST(JobQueue, DoesNotLingerLongNorWithEnoughRows) {
  JobQueue::Options options;
  options.linger = 1ms;
  JobQueue queue(options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  EXPECT_EQ(queue.pop_batch(100).size(), 2u);
  ASSERT_TRUE(push(queue, job_of({1, 2})).ok());
  EXPECT_EQ(queue.pop_batch(100).size(), 1u) << "after the linger";

  options.linger = 1h;
  JobQueue patient(options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(push(patient, job_of({64, 2})).ok());
  EXPECT_EQ(patient.pop_batch(200).size(), 2u);
  ASSERT_TRUE(push(patient, job_of({64, 2})).ok());
  EXPECT_EQ(patient.pop_batch(200).size(), 1u);
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
