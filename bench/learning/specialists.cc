// SPDX-License-Identifier: MIT
//
// Specialists: three neurons, each with labels of other digits only. With 300 labelled images of
// all digits besides, moved a pixel at random lest they be learnt by heart, each learns to ask
// whoever knows.
#include <array>
#include <cstdio>

#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/setup.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kPerClass = 30;
constexpr std::int64_t kFew = 64;  // of each batch: of the 300
constexpr std::int64_t kOwn = 16;  // of its own digits
constexpr int kShift = 1;          // pixels
constexpr std::int64_t kSteps = 600;
constexpr std::int64_t kEpochsAlone = 2;

const std::vector<std::vector<std::int64_t>> kDigits = {{0, 1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

std::size_t specialist_for(std::int64_t digit) {
  return digit < 4 ? 0 : digit < 7 ? 1 : 2;
}

// The mean score that each neuron (in the order of `keys`) gets for each digit, [10, 3].
torch::Tensor confusion(Learner& learner, const std::vector<PublicKey>& keys,
                        const LabelledImages& test) {
  torch::Tensor table = torch::zeros({kMnistClasses, static_cast<std::int64_t>(keys.size())});
  Batches batches = test_batches(test);
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const Batch batch = batches.at(i);
    const Route route = learner.ask(batch).route;
    for (std::size_t j = 0; j < route.synapses.size(); ++j) {
      for (std::size_t k = 0; k < keys.size(); ++k) {
        if (route.synapses[j].key != keys[k]) continue;
        const auto column = static_cast<std::int64_t>(k);
        table.select(1, column).index_add_(0, batch.labels,
                                           route.scores.select(1, static_cast<std::int64_t>(j)));
      }
    }
  }
  return table / table.sum(1, /*keepdim=*/true);
}

// How many digits go mostly to the neuron that knows them.
int print_confusion(std::size_t me, const torch::Tensor& table) {
  std::printf("    neuron %zu sends   to 0–3   to 4–6   to 7–9\n", me);
  int right = 0;
  for (std::int64_t digit = 0; digit < kMnistClasses; ++digit) {
    std::printf("    digit %lld       ", static_cast<long long>(digit));
    for (std::int64_t k = 0; k < 3; ++k) std::printf(" %8.2f", table[digit][k].item<double>());
    const bool hit = table[digit].argmax().item<std::int64_t>() ==
                     static_cast<std::int64_t>(specialist_for(digit));
    std::printf("  %s\n", hit ? "" : "(not its specialist)");
    right += hit ? 1 : 0;
  }
  return right;
}

}  // namespace

void specialists(const Setup& setup) {
  std::vector<std::shared_ptr<MnistSynapse>> models;
  std::vector<LabelledImages> own;
  double alone = 0;
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    own.push_back(of_classes(setup.mnist.train, kDigits[i]));
    models.push_back(
        train_plainly(own[i], setup.steps(kEpochsAlone * own[i].size() / 64), 10 * setup.seed + i));
    alone = std::max(alone, local_accuracy(*models[i], setup.mnist.test));
  }
  const FewAndRest all = few_of_each_class(setup.mnist.train, kPerClass, setup.seed);
  const std::int64_t steps = setup.steps(kSteps);
  double worst = 100;
  int right = 0;
  for (std::size_t me = 0; me < models.size(); ++me) {
    World world(setup.fast);
    torch::manual_seed(setup.seed);
    Learner::Options options;
    options.seed = setup.seed;
    options.timeout = std::chrono::seconds(5);
    options.weight_decay = 0.003;
    options.asks_itself = true;
    Learner learner(world, options, std::dynamic_pointer_cast<ImageClassifier>(models[me]->copy()));
    std::vector<std::unique_ptr<Peer>> others;
    std::vector<PublicKey> keys;
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (i == me) {
        keys.push_back(learner.key());
        continue;
      }
      others.push_back(std::make_unique<Peer>(world, "specialist" + std::to_string(i), setup.seed));
      others.back()->join(*models[i], learner.address());
      keys.push_back(others.back()->wallet.key());
    }
    learner.wait_for_peers(others.size());
    Batches few = train_batches(all.few, kFew, setup.seed, kShift);
    Batches mine = train_batches(own[me], kOwn, setup.seed, kShift);
    for (std::int64_t step = 0; step < steps; ++step) {
      learner.step(joined(few.at(step), mine.at(step)), learning_rate_at(1, step, steps));
      if (step % 50 != 0) continue;
      setup.report.point("specialists", "neuron " + std::to_string(me), step,
                         learner.network_accuracy(setup.mnist.test.first(1000)));
    }
    worst = std::min(worst, learner.network_accuracy(setup.mnist.test));
    right += print_confusion(me, confusion(learner, keys, setup.mnist.test));
  }
  setup.report.add("specialist_alone_max", alone);
  setup.report.add("specialist_network_min", worst);
  setup.report.add("specialist_digits_routed_right", right / 3.0);
}

}  // namespace bittensor::bench
