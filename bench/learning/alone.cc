// SPDX-License-Identifier: MIT
//
// Alone: a neuron without peers, which asks itself, against plain training of the same network.
#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/setup.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kSteps = 938;  // an epoch

}  // namespace

void alone(const Setup& setup) {
  const std::int64_t steps = setup.steps(kSteps);
  const double plain =
      local_accuracy(*train_plainly(setup.mnist.train, steps, setup.seed), setup.mnist.test);
  World world(setup.fast);
  torch::manual_seed(setup.seed);
  Learner::Options options;
  options.seed = setup.seed;
  options.timeout = std::chrono::seconds(5);
  Learner learner(world, options, std::make_shared<MnistSynapse>());
  Batches train = train_batches(setup.mnist.train, kBatch, setup.seed);
  for (std::int64_t step = 0; step < steps; ++step) {
    learner.step(train.at(step), learning_rate_at(1, step, steps));
  }
  setup.report.add("alone_plain", plain);
  setup.report.add("alone_gap", plain - local_accuracy(learner.synapse(), setup.mnist.test));
}

}  // namespace bittensor::bench
