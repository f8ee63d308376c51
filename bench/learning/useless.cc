// SPDX-License-Identifier: MIT
//
// Useless peers: three good ones among eight that are no help. And which measure of a peer's
// worth comes closest to the truth, the loss without it.
#include <cstdio>
#include <numeric>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "bench/learning/data.h"
#include "bench/learning/learner.h"
#include "bench/learning/nan_peer.h"
#include "bench/learning/odd_synapses.h"
#include "bench/learning/setup.h"

#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::int64_t kSteps = 500;
constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kShown = 25;
constexpr std::int64_t kRanked = 50;  // steps between two comparisons with the truth

// The good three, and if asked for those that are no help.
struct Crowd {
  Crowd(World& world, const Setup& setup, Duration timeout, bool with_useless,
        const std::string& bootstrap) {
    const auto add = [&](const std::string& name, const Synapse& synapse) {
      neurons.push_back(std::make_unique<Neuron>(world, name, setup.seed));
      neurons.back()->join(synapse, bootstrap);
    };
    const auto models = good_models(setup.mnist.train, setup.quick, setup.seed);
    for (std::size_t i = 0; i < models.size(); ++i) {
      add("good" + std::to_string(i), *models[i]);
      good.push_back(neurons.back()->wallet.key());
    }
    if (!with_useless) return;
    for (int i = 0; i < 3; ++i) add("random" + std::to_string(i), MnistSynapse());
    for (int i = 0; i < 2; ++i) add("noise" + std::to_string(i), NoiseSynapse());
    add("constant", ConstantSynapse());
    add("late", LateSynapse(timeout * 3 / 2));
    nan = std::make_unique<NanPeer>(world, setup.seed, bootstrap);
  }
  std::size_t size() const { return neurons.size() + (nan ? 1 : 0); }

  std::vector<std::unique_ptr<Neuron>> neurons;
  std::unique_ptr<NanPeer> nan;
  std::vector<PublicKey> good;
};

std::vector<double> ranks(const torch::Tensor& values) {
  const torch::Tensor ranks = values.argsort().argsort().to(torch::kDouble);
  return {ranks.data_ptr<double>(), ranks.data_ptr<double>() + ranks.numel()};
}

// Spearman's rank correlation.
double rank_correlation(const torch::Tensor& a, const torch::Tensor& b) {
  const std::vector<double> x = ranks(a);
  const std::vector<double> y = ranks(b);
  const auto n = static_cast<double>(x.size());
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += (x[i] - y[i]) * (x[i] - y[i]);
  return 1 - 6 * squares / (n * (n * n - 1));
}

// Both measures of a peer's worth, averaged as the metagraph's weights are.
class Measures {
 public:
  void add(const Learner::Step& step) {
    for (std::size_t i = 0; i < step.synapses.size(); ++i) {
      auto& [score, contribution] = of_[step.synapses[i].key];
      const auto at = static_cast<std::int64_t>(i);
      score = 0.99 * score + 0.01 * step.score_shares[at].item<double>();
      contribution = 0.99 * contribution + 0.01 * step.contributions[at].item<double>();
    }
  }
  // Their rank correlations with the true worth of `synapses`: of scores, of contributions.
  std::pair<double, double> against(const std::vector<SynapseRecord>& synapses,
                                    const torch::Tensor& truth) {
    torch::Tensor scores = torch::zeros_like(truth);
    torch::Tensor contributions = torch::zeros_like(truth);
    for (std::size_t i = 0; i < synapses.size(); ++i) {
      const auto& [score, contribution] = of_[synapses[i].key];
      scores[static_cast<std::int64_t>(i)] = score;
      contributions[static_cast<std::int64_t>(i)] = contribution;
    }
    return {rank_correlation(scores, truth), rank_correlation(contributions, truth)};
  }

 private:
  absl::flat_hash_map<PublicKey, std::pair<double, double>> of_;
};

// The network accuracy after training among such a crowd.
double train_among(const Setup& setup, bool with_useless) {
  World world(setup.fast);
  torch::manual_seed(setup.seed);
  Learner::Options options;
  options.seed = setup.seed;
  Learner learner(world, options, std::make_shared<MnistSynapse>());
  const Crowd crowd(world, setup, options.timeout, with_useless, learner.address());
  learner.wait_for_peers(crowd.size());
  Batches train = train_batches(setup.mnist.train, kBatch, setup.seed);
  const Batch unseen = test_batches(setup.mnist.test).at(0);
  Measures measures;
  std::vector<double> by_score, by_contribution;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    measures.add(learner.step(train.at(step), learning_rate_at(1, step, kSteps)));
    if (!with_useless) continue;
    if (step % kShown == 0) {
      setup.report.point("useless", "the good three", step, learner.weight_share(crowd.good));
      for (std::size_t i = crowd.good.size(); i < crowd.neurons.size(); ++i) {
        const Neuron& neuron = *crowd.neurons[i];
        setup.report.point("useless", neuron.name, step,
                           learner.weight_share({neuron.wallet.key()}));
      }
    }
    if (step < kSteps / 5 || step % kRanked != 0) continue;
    const auto opinion = learner.ask(unseen);
    const auto [score, contribution] =
        measures.against(opinion.route.synapses, learner.leave_one_out(unseen, opinion));
    by_score.push_back(score);
    by_contribution.push_back(contribution);
  }
  if (with_useless) {
    const auto mean = [](const std::vector<double>& values) {
      return std::accumulate(values.begin(), values.end(), 0.0) /
             static_cast<double>(values.size());
    };
    setup.report.add("useless_good_weight_share", learner.weight_share(crowd.good));
    setup.report.add("rank_correlation_scores", mean(by_score));
    setup.report.add("rank_correlation_contributions", mean(by_contribution));
  }
  return learner.network_accuracy(setup.mnist.test);
}

}  // namespace

void useless_peers(const Setup& setup) {
  const double among_useless = train_among(setup, true);
  const double among_good = train_among(setup, false);
  setup.report.add("useless_network", among_useless);
  setup.report.add("useless_accuracy_gap", among_good - among_useless);
}

}  // namespace bittensor::bench
