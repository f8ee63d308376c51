// SPDX-License-Identifier: MIT
#include "python/src/conversation.h"

#include <algorithm>
#include <utility>

#include "torch/torch.h"

#include "bittensor/router/contribution.h"

namespace bittensor::python {
namespace {

// TrainingStep asks a lone neuron itself in one of eight steps only. Who calls ask() wants to ask:
// its steps are numbered by eights.
constexpr std::int64_t kStepsPerQuestion = 8;

// The batch of a loop that computes its own loss.
class AskedBatch final : public MiniBatch {
 public:
  AskedBatch(Inputs inputs, at::Tensor labels, at::Tensor context)
      : inputs_(std::move(inputs)), labels_(std::move(labels)), context_(std::move(context)) {}

  std::int64_t size() const override { return inputs_.batch(); }
  const Inputs& inputs() const override { return inputs_; }
  at::Tensor labels() const override { return labels_; }
  at::Tensor context() override { return context_; }
  SynapseOutput forward_local() override { return {}; }
  SynapseOutput forward_network(const NetworkView&) override { return {}; }
  Lesson lesson(const at::Tensor& rows) const override {
    Lesson lesson;
    if (labels_.defined()) lesson.labels = labels_.cpu().index_select(0, rows);
    return lesson;
  }
  void score(bool, TestSums&) const override {}

 private:
  const Inputs inputs_;
  const at::Tensor labels_;
  const at::Tensor context_;
};

TrainingStep::Options step_options(const Node& node) {
  TrainingStep::Options options;
  options.max_peers = node.options().max_peers;
  options.ask_interval = kStepsPerQuestion;
  options.learning = node.learning();
  return options;
}

}  // namespace

Conversation::Conversation(std::shared_ptr<Node> node, std::shared_ptr<Synapse> synapse,
                           std::shared_ptr<Router> router)
    : node_(std::move(node)),
      synapse_(std::move(synapse)),
      router_(std::move(router)),
      step_(step_options(*node_),
            {*synapse_, *router_, node_->dendrite(), &node_->metagraph(), &node_->axon(), {}}),
      teachers_(node_->learning().learn_from) {}

std::unique_ptr<Conversation::Question> Conversation::ask(Inputs inputs, at::Tensor labels,
                                                          at::Tensor context) {
  if (context.defined()) context = context.detach();
  auto batch = std::make_unique<AskedBatch>(std::move(inputs), std::move(labels), context);
  auto question = std::make_unique<Question>(
      Question{step_.ask(std::move(batch), asked_ * kStepsPerQuestion), std::move(context)});
  ++asked_;
  return question;
}

at::Tensor Conversation::hear(Question& question, std::int64_t sequence) {
  TORCH_CHECK(!std::exchange(question.heard, true), "a question is heard once");
  const bool learns = at::GradMode::is_enabled();
  TrainingStep::Question& asked = question.asked;
  answers_ = learns ? asked.pending.wait_usual() : asked.pending.wait();
  route_ = std::move(asked.route);
  modality_ = asked.batch->inputs().modality;
  labels_ = asked.batch->labels();
  network_context_ = {};
  if (!any_answer(answers_)) return {};
  weights_ = node_->metagraph().get_weights(route_.synapses);
  if (question.context.defined()) {
    route_ = router_->rescore(std::move(route_), weights_, question.context);
  }
  if (learns) {
    // Leaves of the graph, whose gradients can be given to those who gave the answers.
    for (Answer& answer : answers_) {
      if (answer.status.ok() && answer.call_id != 0 && answer.output.is_leaf()) {
        answer.output.requires_grad_();
      }
    }
  }
  at::Tensor joined = router_->join(route_, answers_, sequence);
  if (learns) {
    if (!joined.requires_grad()) joined.requires_grad_();  // Its gradient says what it is worth.
    joined.retain_grad();
    network_context_ = joined;
  }
  return joined;
}

at::Tensor Conversation::balance_loss() const {
  return route_.balance_loss;
}

at::Tensor Conversation::prediction(const at::Tensor& own) const {
  return predictions_.join(route_, answers_, own);
}

void Conversation::learn() {
  const at::NoGradGuard no_grad;
  teach();
  learn_from_others();
  if (network_context_.defined() && network_context_.grad().defined()) value_peers();
  network_context_ = {};
}

void Conversation::teach() {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const Answer& answer = answers_[i];
    const bool leaf = answer.output.defined() && answer.output.is_leaf();
    if (!leaf || answer.call_id == 0 || !answer.output.grad().defined()) continue;
    node_->dendrite().teach(route_.synapses[i], modality_, answer.call_id, answer.output.grad());
    answers_[i].output.mutable_grad() = {};  // Once.
  }
}

void Conversation::learn_from_others() {
  const auto taught = node_->axon().take_gradients();
  if (taught.empty()) return;
  const Metagraph& metagraph = node_->metagraph();
  const WeightRow row = metagraph.weights();
  double sum = 0;
  for (const auto& [key, weight] : row) sum += weight;
  const double mean = row.empty() ? 0 : sum / static_cast<double>(row.size());
  teachers_.add(taught, synapse_->parameters(), [&](const PublicKey& key) {
    return mean > 0 ? std::min(1.0, metagraph.get_weight(key) / mean) : 1.0;
  });
}

void Conversation::value_peers() {
  at::Tensor shares = contribution_shares(contributions(route_, answers_, network_context_));
  if (labels_.defined()) {
    const at::Tensor by_prediction = predictions_.learn(route_, answers_, labels_, shares);
    if (by_prediction.defined()) shares = by_prediction;
  }
  node_->metagraph().set_weights(route_.synapses,
                                 weight_average_.update(route_, answers_, weights_, shares));
}

}  // namespace bittensor::python
