// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training_step.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "torch/torch.h"

#include "bittensor/neuron/sgd.h"
#include "bittensor/router/contribution.h"
#include "bittensor/toolbox/state.h"

namespace bittensor {
namespace {

// A neuron that has taught so often and was taught by nobody teaches in one of so many questions
// only: it need not pay for others for ever.
constexpr std::uint64_t kTaughtInVain = 256;
constexpr std::int64_t kTeachesStillEvery = 16;

constexpr double kLossRate = 0.05;    // of the running means of losses
constexpr std::int64_t kWarmUp = 20;  // steps until they say anything

// Answers as leaves of the graph, so that their gradients can be given to those who gave them.
void keep_gradients(std::vector<Answer>& answers) {
  for (Answer& answer : answers) {
    const bool leaf = answer.output.defined() && answer.output.is_leaf();
    if (answer.status.ok() && leaf && answer.call_id != 0) answer.output.requires_grad_();
  }
}

std::int64_t rows_of(const std::vector<Lesson>& lessons) {
  std::int64_t rows = 0;
  for (const Lesson& lesson : lessons) rows += lesson.rows();
  return rows;
}

}  // namespace

TrainingStep::TrainingStep(Options options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      parameters_(parameters_of({&parts_.synapse, &parts_.router})),
      teachers_(options_.learning.learn_from) {}

bool TrainingStep::alone() const {
  return parts_.metagraph != nullptr && parts_.metagraph->proven() == 0;
}

std::vector<SynapseRecord> TrainingStep::candidates(const Inputs& inputs) const {
  return parts_.dendrite.available(
      parts_.peers ? parts_.peers() : parts_.metagraph->get_synapses(options_.max_peers), inputs);
}

at::Tensor TrainingStep::weights_of(const std::vector<SynapseRecord>& synapses) const {
  return parts_.metagraph ? parts_.metagraph->get_weights(synapses) : at::Tensor();
}

bool TrainingStep::teaches(std::int64_t step) const {
  if (parts_.axon == nullptr) return true;
  const Axon::Stats taken = parts_.axon->stats();
  const Dendrite::Stats given = parts_.dendrite.stats();
  const bool in_vain = taken.gradients + taken.lessons == 0 &&
                       given.gradients_given + given.lessons_given > kTaughtInVain;
  return !in_vain || step / options_.ask_interval % kTeachesStillEvery == 0;
}

std::vector<Dendrite::Extras> TrainingStep::extras_for(const Route& route, const MiniBatch& batch,
                                                       std::int64_t step) const {
  const Learning& learning = options_.learning;
  std::vector<Dendrite::Extras> extras(route.synapses.size());
  if (learning.give == Give::kAnswers || !teaches(step)) return extras;
  for (std::size_t i = 0; i < extras.size(); ++i) {
    const PublicKey& peer = route.synapses[i].key;
    if (route.rows[i].numel() == 0 || !parts_.dendrite.learns(peer)) continue;
    extras[i].keep = true;
    if (learning.give != Give::kLabels || learning.known.count(peer) == 0) continue;
    Lesson lesson = batch.lesson(route.rows[i]);
    if (options_.poison) lesson.labels = (lesson.labels + 1) % 10;
    extras[i].labels = {std::move(lesson.labels), std::move(lesson.texts)};
  }
  return extras;
}

TrainingStep::Question TrainingStep::ask(std::unique_ptr<MiniBatch> batch, std::int64_t step) {
  const torch::NoGradGuard no_grad;
  std::vector<SynapseRecord> synapses;
  if (step % (alone() ? kAsksItselfEvery : options_.ask_interval) == 0) {
    synapses = candidates(batch->inputs());
  }
  torch::Tensor context;  // [batch, network_dim]
  if (parts_.router.chooses(synapses.size())) {
    parts_.synapse.eval();  // A look at the batch is no training: statistics stay as they are.
    context = batch->context();
    parts_.synapse.train();
  }
  Route route = parts_.router.route(synapses, weights_of(synapses), context, batch->inputs());
  auto extras = extras_for(route, *batch, step);
  auto pending = parts_.dendrite.forward_async(route.synapses, route.requests, std::move(extras));
  return {std::move(batch), std::move(route), std::move(pending)};
}

TrainingStep::Result TrainingStep::learn(Question question, torch::optim::Optimizer& optimizer) {
  MiniBatch& batch = *question.batch;
  Result result;
  result.synapses = question.route.synapses;
  result.weights = weights_of(result.synapses);

  // The local path, on the own batch and on what others teach, while the last answers come in.
  const torch::Tensor context = batch.context();  // [batch, network_dim]
  result.output = batch.forward_local();
  std::vector<Lesson> lessons;
  const torch::Tensor taught_loss = lesson_loss(batch, lessons);
  result.answers = question.pending.wait_usual();

  // The network path. Who was asked about what stands since the question left; how much each
  // answer counts is what the router says now.
  torch::Tensor network_context;  // [batch, network_dim], text [batch, sequence, network_dim]
  if (any_answer(result.answers)) {
    keep_gradients(result.answers);
    result.route = parts_.router.rescore(question.route, result.weights, context.detach());
    NetworkView view = view_of(result.route, result.answers, batch, result.output);
    network_context = view.context;
    network_context.retain_grad();
    result.output = batch.forward_network(view);
    result.output.loss = result.output.loss + result.route.balance_loss;
    follow_losses(result.output);
  } else {
    result.route = std::move(question.route);
  }

  forget_gradients(optimizer);
  torch::Tensor loss = result.output.loss;
  const bool one_pass = taught_loss.defined() && options_.learning.learn_from == LearnFrom::kKnown;
  if (one_pass) {
    // As one batch of all rows, whose gradient is by the root of its size longer than a mean's.
    const double own = static_cast<double>(batch.size());
    const double rows = static_cast<double>(rows_of(lessons));
    const double scale = std::sqrt((own + rows) / own) / (own + rows);
    loss = loss + (scale * own - 1) * result.output.local_target_loss + scale * rows * taught_loss;
  }
  loss.backward();
  teach(question, result.answers);
  learn_from_others(one_pass ? at::Tensor() : taught_loss, lessons);
  if (options_.max_gradient_norm > 0) {
    torch::nn::utils::clip_grad_norm_(parameters_, options_.max_gradient_norm);
  }
  // A newcomer in the router starts without the momentum of whoever had its place.
  KeyTable& keys = parts_.router.keys();
  forget_rows(optimizer, keys.keys(), keys.take_reassigned());
  optimizer.step();
  if (network_context.defined()) value_peers(result, network_context, batch.labels());
  return result;
}

TrainingStep::Result TrainingStep::look(MiniBatch& batch) {
  const torch::NoGradGuard no_grad;
  Result result;
  result.synapses = candidates(batch.inputs());
  result.weights = weights_of(result.synapses);
  result.route =
      parts_.router.route(result.synapses, result.weights, batch.context(), batch.inputs());
  result.answers = parts_.dendrite.forward(result.route.synapses, result.route.requests);
  result.output = joined(batch, result.route, result.answers);
  return result;
}

SynapseOutput TrainingStep::hear(MiniBatch& batch, const Route& route,
                                 const std::vector<Answer>& answers) {
  const torch::NoGradGuard no_grad;
  batch.context();
  return joined(batch, route, answers);
}

SynapseOutput TrainingStep::joined(MiniBatch& batch, const Route& route,
                                   const std::vector<Answer>& answers) const {
  const SynapseOutput local = batch.forward_local();
  NetworkView view = view_of(route, answers, batch, local);
  // Where nobody answered, the network is this neuron alone.
  if (!any_answer(answers) && parts_.synapse.schema().task.defined()) {
    view.prediction = local.local_target.log_softmax(1);
  }
  return batch.forward_network(view);
}

NetworkView TrainingStep::view_of(const Route& route, const std::vector<Answer>& answers,
                                  MiniBatch& batch, const SynapseOutput& local) const {
  NetworkView view;
  view.context = parts_.router.join(route, answers, batch.answer_length());
  if (parts_.synapse.schema().task.defined()) {
    view.prediction = predictions_.join(route, answers, local.local_target);
  }
  const bool known = compared_ >= kWarmUp && local_loss_ > 0;
  view.trust = known ? std::clamp(1 - network_loss_ / local_loss_, 0.0, 1.0) : 0;
  return view;
}

// By how much better the network was lately on what has labels.
void TrainingStep::follow_losses(const SynapseOutput& output) {
  const double local = output.local_target_loss.item<double>();
  const double network = output.network_target_loss.item<double>();
  if (!std::isfinite(local) || !std::isfinite(network)) return;
  const double rate = std::max(kLossRate, 1.0 / static_cast<double>(++compared_));
  local_loss_ += rate * (local - local_loss_);
  network_loss_ += rate * (network - network_loss_);
}

at::Tensor TrainingStep::lesson_loss(MiniBatch& batch, std::vector<Lesson>& lessons) {
  const Learning& learning = options_.learning;
  if (parts_.axon == nullptr || learning.learn_from == LearnFrom::kOff || learning.lessons == 0) {
    return {};
  }
  const bool earned = learning.learn_from == LearnFrom::kEarned;
  lessons = parts_.axon->lessons().draw(learning.lessons, /*one_teacher=*/earned);
  if (lessons.empty()) return {};
  // What would count for nothing need not be computed.
  if (earned && relative_weights()(lessons.front().from) == 0) return {};
  // The running statistics of a BatchNorm have no gradient to judge: strangers' rows change none.
  if (earned) parts_.synapse.eval();
  const at::Tensor loss = batch.lesson_loss(lessons);
  if (earned) parts_.synapse.train();
  if (!loss.defined()) return {};
  for (const Lesson& lesson : lessons) teachers_.count_lessons(lesson.from, lesson.rows());
  return loss;
}

void TrainingStep::learn_from_others(const at::Tensor& lesson_loss,
                                     const std::vector<Lesson>& lessons) {
  if (parts_.axon == nullptr) return;
  const std::vector<at::Tensor> parameters = parts_.synapse.parameters();
  std::vector<TaughtGradients::Taught> taught = parts_.axon->take_gradients();
  if (lesson_loss.defined()) {
    std::vector<at::Tensor> wanted;
    for (const at::Tensor& parameter : parameters) {
      if (parameter.requires_grad()) wanted.push_back(parameter);
    }
    auto found = torch::autograd::grad({lesson_loss}, wanted, /*grad_outputs=*/{},
                                       /*retain_graph=*/{}, /*create_graph=*/false,
                                       /*allow_unused=*/true);
    TaughtGradients::Taught lesson;
    lesson.from = lessons.front().from;
    auto next = found.begin();
    for (const at::Tensor& parameter : parameters) {
      lesson.sum.push_back(parameter.requires_grad() ? std::move(*next++) : at::Tensor());
    }
    taught.push_back(std::move(lesson));
  }
  if (taught.empty()) return;
  teachers_.add(taught, parameters, relative_weights());
}

std::function<double(const PublicKey&)> TrainingStep::relative_weights() const {
  double sum = 0;
  const WeightRow row = parts_.metagraph ? parts_.metagraph->weights() : WeightRow();
  for (const auto& [key, weight] : row) sum += weight;
  if (!(sum > 0)) return [](const PublicKey&) { return 0.0; };
  return [this, mean = sum / static_cast<double>(row.size())](const PublicKey& peer) {
    return std::min(1.0, parts_.metagraph->get_weight(peer) / mean);
  };
}

void TrainingStep::teach(const Question& question, const std::vector<Answer>& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const at::Tensor& output = answers[i].output;
    if (!output.defined() || !output.is_leaf() || !output.requires_grad()) continue;
    if (!output.grad().defined()) continue;
    parts_.dendrite.teach(question.route.synapses[i], question.batch->inputs().modality,
                          answers[i].call_id,
                          options_.poison ? -10 * output.grad() : output.grad());
  }
}

void TrainingStep::value_peers(Result& result, const at::Tensor& network_context,
                               const at::Tensor& labels) {
  result.contributions = contributions(result.route, result.answers, network_context);
  if (options_.weights_from_scores) {
    result.shares = score_shares(result.route, result.answers);
  } else {
    result.shares = contribution_shares(result.contributions);
    if (labels.defined()) {
      result.shares = predictions_.learn(result.route, result.answers, labels,
                                         result.output.local_target, result.shares);
    }
  }
  if (parts_.metagraph == nullptr) return;
  result.weights =
      weight_average_.update(result.route, result.answers, result.weights, result.shares);
  parts_.metagraph->set_weights(result.synapses, result.weights);
}

std::vector<at::Tensor> parameters_of(const std::vector<torch::nn::Module*>& modules) {
  std::vector<at::Tensor> parameters;
  for (const torch::nn::Module* module : modules) {
    for (at::Tensor& parameter : module->parameters()) parameters.push_back(std::move(parameter));
  }
  return parameters;
}

bool any_answer(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    if (answer.status.ok() && answer.output.defined() && answer.output.size(0) > 0) return true;
  }
  return false;
}

}  // namespace bittensor
