// SPDX-License-Identifier: MIT
#include "python/src/conversation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "torch/autograd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/contribution.h"

namespace bittensor::python {
namespace {

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
  options.max_peers = node.options().step.max_peers;
  options.ask_interval = node.options().step.ask_interval;
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
            {*synapse_, *router_, node_->dendrite(), &node_->metagraph(), &node_->axon(), {}}) {}

std::unique_ptr<Conversation::Question> Conversation::ask(Inputs inputs, at::Tensor labels,
                                                          at::Tensor context, bool in_turn) {
  if (context.defined()) context = context.detach();
  auto batch =
      std::make_unique<AskedBatch>(std::move(inputs), std::move(labels), std::move(context));
  // TrainingStep asks in one of so many steps only.
  const std::int64_t interval =
      step_.alone() ? TrainingStep::kAsksItselfEvery : node_->options().step.ask_interval;
  const std::int64_t number = in_turn ? asked_ : asked_ * interval;
  ++asked_;
  return std::make_unique<Question>(Question{step_.ask(std::move(batch), number)});
}

at::Tensor Conversation::hear(Question& question, const at::Tensor& context,
                              std::int64_t sequence) {
  TORCH_CHECK(!std::exchange(question.heard, true), "a question is heard once");
  const bool learns = at::GradMode::is_enabled();
  TrainingStep::Question& asked = question.asked;
  answers_ = wait_for_answers(asked.pending, &node_->watch(), /*usual=*/learns);
  route_ = std::move(asked.route);
  modality_ = asked.batch->inputs().modality;
  labels_ = asked.batch->labels();
  rows_heard_ = asked.batch->size();
  network_context_ = at::Tensor();
  own_ = at::Tensor();
  if (!any_answer(answers_)) return {};
  weights_ = node_->metagraph().get_weights(route_.synapses);
  if (context.defined()) {
    route_ = router_->rescore(std::move(route_), weights_, context.detach());
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

at::Tensor Conversation::prediction(const at::Tensor& own) {
  own_ = own.detach();
  return predictions_.join(route_, answers_, own);
}

std::vector<Lesson> Conversation::lessons() {
  taught_rows_ = 0;
  const Learning& learning = node_->learning();
  if (learning.learn_from == LearnFrom::kOff || learning.lessons == 0) return {};
  const bool earned = learning.learn_from == LearnFrom::kEarned;
  std::vector<Lesson> drawn =
      node_->axon().lessons().draw(learning.lessons, /*one_teacher=*/earned);
  if (drawn.empty()) return {};
  teacher_ = drawn.front().from;
  if (earned && node_->relative_weights()(teacher_) == 0) return {};
  // Classes that the task does not have would make a loss throw.
  const std::int64_t classes = synapse_->schema().task.classes;
  for (Lesson& lesson : drawn) {
    if (classes > 0 && lesson.labels.defined()) {
      lesson = lesson.at(lesson.labels.lt(classes).nonzero().flatten());
    }
    node_->teachers().count_lessons(lesson.from, lesson.rows());
    taught_rows_ += lesson.rows();
  }
  return drawn;
}

void Conversation::learn(const at::Tensor& lesson_loss) {
  teach();
  learn_from_others(lesson_loss);
  if (network_context_.defined() && network_context_.grad().defined()) value_peers();
  network_context_ = at::Tensor();
}

void Conversation::teach() {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const Answer& answer = answers_[i];
    const bool leaf = answer.output.defined() && answer.output.is_leaf();
    if (!leaf || answer.call_id == 0 || !answer.output.grad().defined()) continue;
    node_->dendrite().teach(route_.synapses[i], modality_, answer.call_id, answer.output.grad());
    answers_[i].output.mutable_grad() = at::Tensor();  // Once.
  }
}

void Conversation::learn_from_others(const at::Tensor& lesson_loss) {
  std::vector<TaughtGradients::Taught> lessons;
  if (lesson_loss.defined() && taught_rows_ > 0) {
    if (judges_lessons()) {
      add_judged(lesson_loss);
    } else {
      const bool known = node_->learning().learn_from == LearnFrom::kKnown;
      const double factor = known ? factor_of(static_cast<double>(taught_rows_)) : 1;
      lessons.push_back({teacher_, gradient_of(factor * lesson_loss), /*calls=*/0});
    }
  }
  taught_rows_ = 0;
  node_->learn_from_others(synapse_->parameters(), std::move(lessons));
}

// As TrainingStep does: labels say more than the direction of their gradient, see Teachers.
bool Conversation::judges_lessons() const {
  return node_->learning().learn_from == LearnFrom::kEarned && synapse_->schema().task.defined();
}

void Conversation::add_judged(const at::Tensor& lesson_loss) {
  const auto classes = static_cast<double>(synapse_->schema().task.classes);
  const double belief = node_->relative_weights()(teacher_) *
                        node_->teachers().judge(teacher_, lesson_loss.item<double>(),
                                                std::log(std::max(2.0, classes)));
  if (belief == 0) return;
  const double factor = factor_of(belief * static_cast<double>(taught_rows_));
  node_->teachers().add_lesson(gradient_of(lesson_loss), factor, synapse_->parameters());
}

// The own rows and those of the lessons count as one batch, whose gradient is by the root of its
// size longer than a mean's.
double Conversation::factor_of(double rows) const {
  const double own = static_cast<double>(std::max<std::int64_t>(1, rows_heard_));
  return rows / std::sqrt(own * (own + rows));
}

std::vector<at::Tensor> Conversation::gradient_of(const at::Tensor& loss) const {
  const std::vector<at::Tensor> parameters = synapse_->parameters();
  std::vector<at::Tensor> wanted;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.requires_grad()) wanted.push_back(parameter);
  }
  auto found = torch::autograd::grad({loss}, wanted, /*grad_outputs=*/{},
                                     /*retain_graph=*/{}, /*create_graph=*/false,
                                     /*allow_unused=*/true);
  std::vector<at::Tensor> gradient;
  auto next = found.begin();
  for (const at::Tensor& parameter : parameters) {
    gradient.push_back(parameter.requires_grad() ? std::move(*next++) : at::Tensor());
  }
  return gradient;
}

void Conversation::value_peers() {
  const at::NoGradGuard no_grad;
  at::Tensor shares = contribution_shares(contributions(route_, answers_, network_context_));
  if (labels_.defined()) {
    const at::Tensor by_prediction = predictions_.learn(route_, answers_, labels_, own_, shares);
    if (by_prediction.defined()) shares = by_prediction;
  }
  node_->metagraph().set_weights(route_.synapses,
                                 weight_average_.update(route_, answers_, weights_, shares));
}

}  // namespace bittensor::python
