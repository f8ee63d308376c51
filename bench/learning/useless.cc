// SPDX-License-Identifier: MIT
//
// Useless peers: three good ones among eight that are no help. And which measure of a peer's
// worth comes closest to the truth, the loss without it.
#include <cstdio>
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
constexpr std::int64_t kRanked = 25;  // steps between two looks at the truth

// The good three, and if asked for those that are no help.
struct Crowd {
  Crowd(World& world, const Setup& setup, Duration timeout, bool with_useless,
        const std::string& bootstrap) {
    const auto add = [&](const std::string& name, const Synapse& synapse) {
      neurons.push_back(std::make_unique<Peer>(world, name, setup.seed));
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

  std::vector<std::unique_ptr<Peer>> neurons;
  std::unique_ptr<NanPeer> nan;
  std::vector<PublicKey> good;
};

// Ranks from 0; equal values share the mean of theirs.
torch::Tensor ranks(const std::vector<double>& values) {
  const torch::Tensor row = torch::tensor(values, torch::kDouble);
  const torch::Tensor column = row.unsqueeze(1);
  return row.lt(column).sum(1) + 0.5 * (row.eq(column).sum(1) - 1);
}

// Spearman's rank correlation.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const torch::Tensor x = ranks(a) - ranks(a).mean();
  const torch::Tensor y = ranks(b) - ranks(b).mean();
  return ((x * y).sum() / (x.norm() * y.norm())).item<double>();
}

// Each peer's worth over the whole run, by both measures and in truth.
class Ranking {
 public:
  void add(const Learner::Step& step) {
    for (std::size_t i = 0; i < step.synapses.size(); ++i) {
      Worth& worth = of_[step.synapses[i].key];
      worth.score += step.score_shares[static_cast<std::int64_t>(i)].item<double>();
      worth.contribution += step.contributions[static_cast<std::int64_t>(i)].item<double>();
    }
  }
  // `truth`: by how much the loss on unseen images rises without each of `synapses`.
  void add_truth(const std::vector<SynapseRecord>& synapses, const torch::Tensor& truth) {
    for (std::size_t i = 0; i < synapses.size(); ++i) {
      of_[synapses[i].key].truth += truth[static_cast<std::int64_t>(i)].item<double>();
    }
  }
  void report(const Setup& setup) const {
    std::vector<double> scores, contributions, truth;
    for (const auto& [key, worth] : of_) {
      scores.push_back(worth.score);
      contributions.push_back(worth.contribution);
      truth.push_back(worth.truth);
    }
    setup.report.add("rank_correlation_scores", rank_correlation(scores, truth));
    setup.report.add("rank_correlation_contributions", rank_correlation(contributions, truth));
  }

 private:
  struct Worth {
    double score = 0, contribution = 0, truth = 0;
  };
  absl::flat_hash_map<PublicKey, Worth> of_;
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
  Ranking ranking;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    ranking.add(learner.step(train.at(step), learning_rate_at(1, step, kSteps)));
    if (!with_useless) continue;
    if (step % kShown == 0) {
      setup.report.point("useless", "the good three", step, learner.weight_share(crowd.good));
      for (std::size_t i = crowd.good.size(); i < crowd.neurons.size(); ++i) {
        const Peer& neuron = *crowd.neurons[i];
        setup.report.point("useless", neuron.name, step,
                           learner.weight_share({neuron.wallet.key()}));
      }
    }
    if (step % kRanked != 0) continue;
    const auto opinion = learner.ask(unseen);
    ranking.add_truth(opinion.route.synapses, learner.leave_one_out(unseen, opinion));
  }
  if (with_useless) {
    setup.report.add("useless_good_weight_share", learner.weight_share(crowd.good));
    ranking.report(setup);
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
