// SPDX-License-Identifier: MIT
#include "bench/learning/learner.h"

#include <algorithm>
#include <thread>

#include "bench/learning/data.h"

#include "bittensor/base/check.h"
#include "bittensor/neuron/training.h"

namespace bittensor::bench {
namespace {

constexpr std::size_t kMaxPeers = 100;

Dendrite::Options dendrite_options(Duration timeout) {
  Dendrite::Options options;
  options.timeout = timeout;
  return options;
}

}  // namespace

Learner::Learner(World& world, const Options& options, std::shared_ptr<ImageClassifier> synapse)
    : options_(options),
      synapse_(std::move(synapse)),
      neuron_(world, "learner", options.seed),
      dendrite_(dendrite_options(options.timeout), *neuron_.transport, neuron_.wallet,
                world.executor(), [this] { return neuron_.axon.served(); }),
      router_(options.router),
      optimizer_(parameters_of({synapse_.get(), &router_}),
                 torch::optim::SGDOptions(options.learning_rate)
                     .momentum(0.9)
                     .weight_decay(options.weight_decay)) {
  neuron_.join(*synapse_, /*bootstrap=*/"");
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

Learner::Step Learner::step(const Batch& batch, double rate) {
  synapse_->train();
  router_.train();
  const torch::Tensor context = synapse_->encode(batch.images);
  const Inputs inputs = Inputs::of_image(batch.images);
  Step step;
  step.synapses = dendrite_.available(candidates(), inputs);
  const torch::Tensor weights = neuron_.metagraph->get_weights(step.synapses);
  const Route route = router_.route(step.synapses, weights, context.detach(), inputs);
  auto pending = dendrite_.forward_async(route.synapses, route.requests);
  LocalPass local = synapse_->forward_local(context, batch.labels);
  const std::vector<Answer> answers = pending.wait();

  step.output = local.output;
  torch::Tensor network_context;
  if (any_answer(answers)) {
    network_context = router_.join(route, answers);
    network_context.retain_grad();
    step.output = synapse_->forward_network(std::move(local), batch.labels, network_context);
    step.output.loss = step.output.loss + route.balance_loss;
  }
  for (auto& group : optimizer_.param_groups()) {
    group.options().set_lr(options_.learning_rate * rate);
  }
  optimizer_.zero_grad();
  step.output.loss.backward();
  optimizer_.step();

  step.score_shares = score_shares(route, answers);
  step.contributions = network_context.defined() ? contributions(route, answers, network_context)
                                                 : torch::zeros_like(step.score_shares);
  for (const torch::Tensor& rows : route.rows) step.asked.push_back(rows.numel());
  if (network_context.defined()) {
    neuron_.metagraph->set_weights(
        step.synapses,
        weight_average_.update(route, answers, weights, contribution_shares(step.contributions)));
  }
  return step;
}

Learner::Opinion Learner::ask(const Batch& batch) {
  const torch::NoGradGuard no_grad;
  synapse_->eval();
  router_.eval();
  const Inputs inputs = Inputs::of_image(batch.images);
  const auto synapses = dendrite_.available(candidates(), inputs);
  Opinion opinion;
  opinion.route = router_.route(synapses, neuron_.metagraph->get_weights(synapses),
                                synapse_->encode(batch.images), inputs);
  opinion.answers = dendrite_.forward(opinion.route.synapses, opinion.route.requests);
  opinion.logits =
      synapse_->forward(batch.images, batch.labels, router_.join(opinion.route, opinion.answers))
          .network_target;
  return opinion;
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
  return synapse_->forward(batch.images, batch.labels, router_.join(route, answers))
      .network_target_loss.item<double>();
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
