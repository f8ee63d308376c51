// SPDX-License-Identifier: MIT
#include "bench/learning/learner.h"

#include <algorithm>
#include <thread>

#include "bench/learning/data.h"
#include "synapses/image_mini_batch.h"

#include "bittensor/base/check.h"
#include "bittensor/router/contribution.h"

namespace bittensor::bench {
namespace {

constexpr std::size_t kMaxPeers = 100;

TrainingStep::Options answers_only() {
  TrainingStep::Options options;
  options.learning.give = Give::kAnswers;
  return options;
}

Dendrite::Options dendrite_options(Duration timeout, const Synapse& synapse) {
  Dendrite::Options options;
  options.timeout = timeout;
  options.calls.task = synapse.schema().task;
  return options;
}

}  // namespace

Learner::Learner(World& world, const Options& options, std::shared_ptr<ImageClassifier> synapse)
    : options_(options),
      synapse_(std::move(synapse)),
      neuron_(world, "learner", options.seed),
      dendrite_(dendrite_options(options.timeout, *synapse_), *neuron_.transport, neuron_.wallet,
                world.executor(), [this] { return neuron_.axon.served(); }),
      router_(options.router),
      optimizer_(parameters_of({synapse_.get(), &router_}),
                 torch::optim::SGDOptions(options.learning_rate)
                     .momentum(0.9)
                     .weight_decay(options.weight_decay)) {
  neuron_.join(*synapse_, /*bootstrap=*/"");
  training_ = std::make_unique<TrainingStep>(
      answers_only(), TrainingStep::Parts{*synapse_, router_, dendrite_, neuron_.metagraph.get(),
                                          /*axon=*/nullptr, [this] { return candidates(); }});
}

void Learner::wait_for_peers(std::size_t count) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (neuron_.metagraph->size() < count) {
    BITTENSOR_CHECK(std::chrono::steady_clock::now() < give_up)
        << neuron_.metagraph->size() << " of " << count << " peers came";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<SynapseRecord> Learner::candidates() const {
  std::vector<SynapseRecord> candidates = neuron_.metagraph->get_synapses(kMaxPeers);
  if (options_.asks_itself) {
    candidates.push_back({key(), /*axon_address=*/"", synapse_->schema()});
  }
  return candidates;
}

std::unique_ptr<MiniBatch> Learner::mini_batch(const Batch& batch) {
  return make_image_mini_batch(*synapse_, batch.images, batch.labels);
}

Learner::Step Learner::step(const Batch& batch, double rate) {
  synapse_->train();
  router_.train();
  for (auto& group : optimizer_.param_groups()) {
    group.options().set_lr(options_.learning_rate * rate);
  }
  const auto result = training_->learn(training_->ask(mini_batch(batch), steps_++), optimizer_);
  Step step;
  step.output = result.output;
  step.synapses = result.synapses;
  step.score_shares = score_shares(result.route, result.answers);
  step.contributions =
      result.contributions.defined() ? result.contributions : torch::zeros_like(step.score_shares);
  for (const torch::Tensor& rows : result.route.rows) step.asked.push_back(rows.numel());
  return step;
}

Learner::Opinion Learner::ask(const Batch& batch) {
  synapse_->eval();
  router_.eval();
  auto mini = mini_batch(batch);
  auto result = training_->look(*mini);
  const torch::Tensor& joined = result.output.network_prediction;
  return {std::move(result.route), std::move(result.answers),
          joined.defined() ? joined : result.output.network_target};
}

double Learner::network_accuracy(const LabelledImages& test) {
  Batches batches = test_batches(test);
  double correct = 0;
  for (std::int64_t i = 0; i < batches.per_epoch(); ++i) {
    const Batch batch = batches.at(i);
    correct += ask(batch).logits.argmax(1).eq(batch.labels).sum().item<double>();
  }
  return 100 * correct / static_cast<double>(test.size());
}

double Learner::network_loss(const Batch& batch, const Route& route,
                             const std::vector<Answer>& answers) {
  auto mini = mini_batch(batch);
  const SynapseOutput output = training_->hear(*mini, route, answers);
  const torch::Tensor& joined = output.network_prediction;
  const torch::Tensor loss =
      joined.defined() ? torch::nll_loss(joined, batch.labels) : output.network_target_loss;
  return loss.item<double>();
}

torch::Tensor Learner::leave_one_out(const Batch& batch, const Opinion& opinion) {
  const torch::NoGradGuard no_grad;
  const double with_all = network_loss(batch, opinion.route, opinion.answers);
  torch::Tensor worth = torch::zeros({static_cast<std::int64_t>(opinion.answers.size())});
  for (std::size_t i = 0; i < opinion.answers.size(); ++i) {
    std::vector<Answer> without = opinion.answers;
    without[i].status = absl::CancelledError("left out");
    worth[static_cast<std::int64_t>(i)] = network_loss(batch, opinion.route, without) - with_all;
  }
  return worth;
}

double Learner::weight_share(const std::vector<PublicKey>& peers) const {
  const auto known = candidates();
  const torch::Tensor weights = neuron_.metagraph->get_weights(known);
  double part = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (std::find(peers.begin(), peers.end(), known[i].key) == peers.end()) continue;
    part += weights[static_cast<std::int64_t>(i)].item<double>();
  }
  return part / std::max(weights.sum().item<double>(), 1e-12);
}

}  // namespace bittensor::bench
