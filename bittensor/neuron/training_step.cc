// SPDX-License-Identifier: MIT
#include "bittensor/neuron/training_step.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "torch/autograd.h"
#include "torch/nn/module.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/neuron/clip_gradients.h"
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

// How fast the network's path loses its say beside the local one, in 1 / nats.
constexpr double kSharpness = 4;

// Answers as leaves of the graph, so that their gradients can be given to those who gave them.
void keep_gradients(std::vector<Answer>& answers) {
  for (Answer& answer : answers) {
    const bool leaf = answer.output.defined() && answer.output.is_leaf();
    if (answer.status.ok() && leaf && answer.call_id != 0) answer.output.requires_grad_();
  }
}

// The gradient of `loss` for each of `parameters`; undefined where there is none.
std::vector<at::Tensor> gradient_of(const at::Tensor& loss,
                                    const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> wanted;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.requires_grad()) wanted.push_back(parameter);
  }
  auto found = torch::autograd::grad({loss}, wanted, /*grad_outputs=*/{}, /*retain_graph=*/{},
                                     /*create_graph=*/false, /*allow_unused=*/true);
  std::vector<at::Tensor> gradient;
  auto next = found.begin();
  for (const at::Tensor& parameter : parameters) {
    gradient.push_back(parameter.requires_grad() ? std::move(*next++) : at::Tensor());
  }
  return gradient;
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
  const Trace::Span span(parts_.trace, "ask", step);
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
  std::optional<Trace::Span> routing(std::in_place, parts_.trace, "router.route");
  Route route = parts_.router.route(synapses, weights_of(synapses), context, batch->inputs());
  routing.reset();
  auto extras = extras_for(route, *batch, step);
  auto pending = parts_.dendrite.forward_async(route.synapses, route.requests, std::move(extras));
  return {std::move(batch), std::move(route), std::move(pending)};
}

TrainingStep::Result TrainingStep::learn(Question question, torch::optim::Optimizer& optimizer) {
  MiniBatch& batch = *question.batch;
  Result result;
  result.synapses = question.route.synapses;
  result.weights = weights_of(result.synapses);

  const Trace::Span step(parts_.trace, "learn");

  // The local path, on the own batch and on what others teach, while the last answers come in.
  std::optional<Trace::Span> part(std::in_place, parts_.trace, "forward.local");
  const torch::Tensor context = batch.context();  // [batch, network_dim]
  result.output = batch.forward_local();
  part.emplace(parts_.trace, "forward.lessons");
  const Taught taught = lessons_for(batch);
  part.emplace(parts_.trace, "wait.answers");
  result.answers = wait_for_answers(question.pending, parts_.watch, /*usual=*/true);
  part.emplace(parts_.trace, "forward.network");

  // The network path. Who was asked about what stands since the question left; how much each
  // answer counts is what the router says now.
  torch::Tensor network_context;  // [batch, network_dim], text [batch, sequence, network_dim]
  if (any_answer(result.answers)) {
    keep_gradients(result.answers);
    result.route = parts_.router.rescore(question.route, result.weights, context.detach());
    NetworkView view = view_of(result.route, result.answers, batch, result.output);
    network_context = view.context;
    // One peer that is not taught has nothing to be weighed against: no gradient is needed.
    if (network_context.requires_grad()) network_context.retain_grad();
    result.output = batch.forward_network(view);
    result.output.loss = result.output.loss + result.route.balance_loss;
    follow_losses(result.output, batch.labels());
  } else {
    result.route = std::move(question.route);
  }

  part.emplace(parts_.trace, "backward");
  forget_gradients(optimizer);
  torch::Tensor loss = result.output.loss;
  if (taught.own_factor != 1) {
    loss = loss + (taught.own_factor - 1) * result.output.local_target_loss;
  }
  const bool one_pass = taught.loss.defined() && !apart();
  if (one_pass) loss = loss + taught.loss_factor * taught.loss;
  loss.backward();
  part.emplace(parts_.trace, "teach");
  teach(question, result.answers);
  learn_from_others(taught);
  part.emplace(parts_.trace, "optimizer");
  if (options_.max_gradient_norm > 0) {
    clip_gradients(parameters_, options_.max_gradient_norm);
  }
  // A newcomer in the router starts without the momentum of whoever had its place.
  KeyTable& keys = parts_.router.keys();
  forget_rows(optimizer, keys.keys(), keys.take_reassigned());
  optimizer.step();
  part.emplace(parts_.trace, "router.weights");
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
  Dendrite::Pending pending =
      parts_.dendrite.forward_async(result.route.synapses, result.route.requests);
  result.answers = wait_for_answers(pending, parts_.watch, /*usual=*/false);
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
  SynapseOutput local = batch.forward_local();
  if (any_answer(answers)) return batch.forward_network(view_of(route, answers, batch, local));
  // Where nobody answered, the network is this neuron alone.
  if (parts_.synapse.schema().task.defined()) {
    local.network_prediction = local.local_target.log_softmax(1);
  }
  return local;
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
  view.say = known ? 1 / (1 + std::exp(kSharpness * (network_loss_ - local_loss_))) : 0;
  return view;
}

// By how much better the network was lately on what has labels: its joined predictions, where there
// are some, for they are what is followed.
void TrainingStep::follow_losses(const SynapseOutput& output, const at::Tensor& labels) {
  const double local = output.local_target_loss.item<double>();
  double network = output.network_target_loss.item<double>();
  if (output.network_prediction.defined() && labels.defined()) {
    const at::Tensor rows = labels.ge(0).nonzero().flatten();
    if (rows.numel() == 0) return;
    network = torch::nll_loss(output.network_prediction.detach().index_select(0, rows),
                              labels.index_select(0, rows))
                  .item<double>();
  }
  if (!std::isfinite(local) || !std::isfinite(network)) return;
  const double rate = std::max(kLossRate, 1.0 / static_cast<double>(++compared_));
  local_loss_ += rate * (local - local_loss_);
  network_loss_ += rate * (network - network_loss_);
}

TrainingStep::Taught TrainingStep::lessons_for(MiniBatch& batch) {
  const Learning& learning = options_.learning;
  if (parts_.axon == nullptr || learning.learn_from == LearnFrom::kOff || learning.lessons == 0) {
    return {};
  }
  Taught taught;
  taught.lessons = parts_.axon->lessons().draw(learning.lessons, /*one_teacher=*/apart());
  if (taught.lessons.empty()) return {};
  const PublicKey& from = taught.lessons.front().from;
  double belief = apart() ? relative_weights()(from) : 1;
  if (belief == 0) return {};  // What would count for nothing need not be computed.
  // The running statistics of a BatchNorm have no gradient to judge: strangers' rows change none.
  if (apart()) parts_.synapse.eval();
  taught.loss = batch.lesson_loss(taught.lessons);
  if (apart()) parts_.synapse.train();
  if (!taught.loss.defined()) return {};
  const Task task = parts_.synapse.schema().task;
  taught.judged = apart() && task.defined();
  if (taught.judged) {
    const double guessing = std::log(std::max<double>(2, static_cast<double>(task.classes)));
    belief *= teachers_.judge(from, taught.loss.item<double>(), guessing);
    if (belief == 0) return {};
  }
  for (const Lesson& lesson : taught.lessons) {
    teachers_.count_lessons(lesson.from, lesson.rows());
    taught.rows += belief * static_cast<double>(lesson.rows());
  }
  if (apart() && !taught.judged) return taught;
  // As one batch of all rows, whose gradient is by the root of its size longer than a mean's.
  const auto own = static_cast<double>(batch.size());
  const double scale = std::sqrt((own + taught.rows) / own) / (own + taught.rows);
  taught.own_factor = scale * own;
  taught.loss_factor = scale * taught.rows;
  return taught;
}

void TrainingStep::learn_from_others(const Taught& taught) {
  if (parts_.axon == nullptr) return;
  const std::vector<at::Tensor> parameters = parts_.synapse.parameters();
  std::vector<TaughtGradients::Taught> sent = parts_.axon->take_gradients();
  if (taught.loss.defined() && apart()) {
    std::vector<at::Tensor> gradient = gradient_of(taught.loss, parameters);
    if (taught.judged) {
      teachers_.add_lesson(gradient, taught.loss_factor, parameters);
    } else {
      sent.push_back({taught.lessons.front().from, std::move(gradient), /*calls=*/0});
    }
  }
  if (!sent.empty()) teachers_.add(sent, parameters, relative_weights());
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

std::vector<Answer> wait_for_answers(Dendrite::Pending& pending, Watch* watch, bool usual) {
  std::vector<Dendrite::Pending::Awaited> awaited;
  if (watch != nullptr && !pending.ready()) awaited = pending.awaited();
  std::optional<Watch::Wait> wait;
  if (!awaited.empty()) {
    TimePoint until = TimePoint::min();
    for (const auto& of : awaited) until = std::max(until, usual ? of.usual : of.deadline);
    const bool one = awaited.size() == 1;
    wait.emplace(
        watch->wait(one ? "an answer" : absl::StrCat("answers of ", awaited.size(), " peers"),
                    until, one ? awaited.front().peer.hex() : ""));
  }
  return usual ? pending.wait_usual() : pending.wait();
}

bool any_answer(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    if (answer.status.ok() && answer.output.defined() && answer.output.size(0) > 0) return true;
  }
  return false;
}

}  // namespace bittensor
