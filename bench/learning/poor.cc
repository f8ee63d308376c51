// SPDX-License-Identifier: MIT
//
// Poor among rich: 600 labelled images and 59,400 without labels, and three peers that each
// learnt from 20,000. The network helps at once; the student keeps what it knows.
#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/setup.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kPerClass = 60;
constexpr std::int64_t kSteps = 1000;
constexpr std::int64_t kLabelled = 32;  // of each batch
constexpr std::int64_t kUnlabelled = 64;
constexpr std::int64_t kShown = 100;  // steps between two points of the curves

}  // namespace

void poor_among_rich(const Setup& setup) {
  const auto peers = good_models(setup.mnist.train, setup.quick, setup.seed);
  const FewAndRest data = few_of_each_class(setup.mnist.train, kPerClass, setup.seed);
  const std::int64_t steps = setup.steps(kSteps);
  const LabelledImages glance = setup.mnist.test.first(1000);

  // The same neuron alone: the unlabelled images mean nothing to it.
  const double alone =
      local_accuracy(*train_plainly(data.few, steps, setup.seed), setup.mnist.test);

  World world(setup.fast);
  torch::manual_seed(setup.seed);
  Learner::Options options;
  options.seed = setup.seed;
  options.timeout = std::chrono::seconds(5);
  Learner learner(world, options, std::make_shared<MnistSynapse>());
  std::vector<std::unique_ptr<Peer>> neurons;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    neurons.push_back(std::make_unique<Peer>(world, "rich" + std::to_string(i), setup.seed));
    neurons.back()->join(*peers[i], learner.address());
  }
  learner.wait_for_peers(peers.size());

  Batches few = train_batches(data.few, kLabelled, setup.seed);
  Batches rest = train_batches(unlabelled(data.rest), kUnlabelled, setup.seed);
  for (std::int64_t step = 0; step < steps; ++step) {
    if (step % kShown == 0) {
      setup.report.point("poor", "network", step, learner.network_accuracy(glance));
      setup.report.point("poor", "local", step, local_accuracy(learner.synapse(), glance));
      setup.report.point("poor", "alone, at the end", step, alone);
    }
    learner.step(joined(few.at(step), rest.at(step)), learning_rate_at(1, step, steps));
  }
  const double local = local_accuracy(learner.synapse(), setup.mnist.test);
  setup.report.add("poor_alone", alone);
  setup.report.add("poor_local", local);
  setup.report.add("poor_local_gain", local - alone);
  setup.report.add("poor_network", learner.network_accuracy(setup.mnist.test));
}

}  // namespace bittensor::bench
