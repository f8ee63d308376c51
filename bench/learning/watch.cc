// SPDX-License-Identifier: MIT
//
// What happens to a peer when something changes at step 500: the best peer turns into noise, or a
// good one joins. Two peers with random parameters are there all the time.
#include <algorithm>
#include <string>

#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/odd_synapses.h"
#include "bench/learning/setup.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kChange = 500;
constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kShown = 25;
// Steps in a row with at least the uniform share until that counts as holding it: a newcomer begins
// near the mean, whatever it is worth.
constexpr std::int64_t kHeld = 50;
constexpr double kRate = 0.3;  // of the peak, all the time: nothing tells the learner when to end

struct Scene {
  Scene(const Setup& given, std::size_t good)
      : setup(given),
        models(good_models(given.mnist.train, given.quick, given.seed)),
        world(given.fast),
        learner(world, options(setup.seed),
                (torch::manual_seed(setup.seed), std::make_shared<MnistSynapse>())),
        train(train_batches(given.mnist.train, kBatch, given.seed)) {
    for (std::size_t i = 0; i < good; ++i) add_good();
    for (int i = 0; i < 2; ++i) add("random" + std::to_string(i), MnistSynapse());
    learner.wait_for_peers(neurons.size());
  }

  static Learner::Options options(std::uint64_t seed) {
    Learner::Options options;
    options.seed = seed;
    return options;
  }
  void add(const std::string& name, const Synapse& synapse) {
    neurons.push_back(std::make_unique<Peer>(world, name, setup.seed));
    neurons.back()->join(synapse, learner.address());
  }
  void add_good() {
    turned.push_back(std::make_shared<std::atomic<bool>>(false));
    add("good" + std::to_string(turned.size() - 1),
        TurncoatSynapse(models[turned.size() - 1], turned.back()));
  }
  double share(std::size_t i) const { return learner.weight_share({neurons[i]->wallet.key()}); }
  Learner::Step step(std::int64_t number, const std::string& row) {
    if (number % kShown == 0) {
      for (std::size_t i = 0; i < neurons.size(); ++i) {
        setup.report.point(row, neurons[i]->name, static_cast<double>(number), share(i));
      }
    }
    return learner.step(train.at(number), kRate);
  }
  double uniform() const { return 1 / static_cast<double>(neurons.size()); }

  const Setup& setup;
  const std::vector<std::shared_ptr<MnistSynapse>> models;
  World world;
  Learner learner;
  std::vector<std::unique_ptr<Peer>> neurons;
  std::vector<std::shared_ptr<std::atomic<bool>>> turned;  // of the good ones
  Batches train;
};

}  // namespace

void turncoat(const Setup& setup) {
  constexpr std::int64_t kEnd = 1000;
  Scene scene(setup, /*good=*/3);
  for (std::int64_t step = 0; step < kChange; ++step) scene.step(step, "turncoat");
  const double before = scene.learner.network_accuracy(setup.mnist.test);
  std::size_t best = 0;
  for (std::size_t i = 1; i < scene.turned.size(); ++i) {
    if (scene.share(i) > scene.share(best)) best = i;
  }
  *scene.turned[best] = true;
  std::int64_t below = kEnd;  // if it never falls
  for (std::int64_t step = kChange; step < kEnd; ++step) {
    scene.step(step, "turncoat");
    if (below == kEnd && scene.share(best) < scene.uniform()) below = step + 1 - kChange;
  }
  setup.report.add("turncoat_steps_below_uniform", static_cast<double>(below));
  setup.report.add("turncoat_accuracy_before", before);
  setup.report.add("turncoat_accuracy_gap",
                   before - scene.learner.network_accuracy(setup.mnist.test));
}

void newcomer(const Setup& setup) {
  constexpr std::int64_t kEnd = 1000;
  Scene scene(setup, /*good=*/2);
  for (std::int64_t step = 0; step < kChange; ++step) scene.step(step, "newcomer");
  scene.add_good();
  const std::size_t it = scene.neurons.size() - 1;
  std::int64_t asked = kEnd, uniform = kEnd;
  std::int64_t below = kChange;  // the last step with less than the uniform share
  for (std::int64_t number = kChange; number < kEnd; ++number) {
    const auto step = scene.step(number, "newcomer");
    for (std::size_t i = 0; i < step.synapses.size(); ++i) {
      if (step.synapses[i].key != scene.neurons[it]->wallet.key()) continue;
      if (step.asked[i] > 0) asked = std::min(asked, number + 1 - kChange);
    }
    if (scene.share(it) < scene.uniform()) below = number;
    if (number - below >= kHeld && uniform == kEnd) uniform = below + 1 - kChange;
  }
  setup.report.add("newcomer_steps_first_asked", static_cast<double>(asked));
  setup.report.add("newcomer_steps_to_uniform", static_cast<double>(uniform));
  setup.report.add("newcomer_share_at_end", scene.share(it));
}

}  // namespace bittensor::bench
