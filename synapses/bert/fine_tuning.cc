// SPDX-License-Identifier: MIT
#include "synapses/bert/fine_tuning.h"

#include <memory>
#include <utility>

#include "torch/nn/utils/clip_grad.h"
#include "torch/optim/adamw.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// Which of the four groups is which: matrices and others, of the model and beside it.
constexpr std::size_t kModelGroups = 0;
constexpr std::size_t kGroupsBeside = 2;

std::vector<torch::optim::OptimizerParamGroup> groups_of(const FineTuning::Options& options,
                                                         const std::vector<torch::Tensor>& model,
                                                         const std::vector<torch::Tensor>& beside) {
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const auto* parameters : {&model, &beside}) {
    std::vector<torch::Tensor> matrices;
    std::vector<torch::Tensor> others;
    for (const torch::Tensor& parameter : *parameters) {
      (parameter.dim() > 1 ? matrices : others).push_back(parameter);
    }
    const auto with_decay = [&](double decay) {
      return std::make_unique<torch::optim::AdamWOptions>(
          torch::optim::AdamWOptions(options.learning_rate).weight_decay(decay));
    };
    groups.emplace_back(std::move(matrices), with_decay(options.weight_decay));
    groups.emplace_back(std::move(others), with_decay(0));
  }
  return groups;
}

}  // namespace

FineTuning::FineTuning(const Options& options, const std::vector<torch::Tensor>& model,
                       const std::vector<torch::Tensor>& beside)
    : AdamW(groups_of(options, model, beside), torch::optim::AdamWOptions(options.learning_rate)),
      options_(options) {}

std::vector<torch::Tensor> FineTuning::of_groups(std::size_t first) {
  std::vector<torch::Tensor> parameters;
  for (std::size_t i = first; i < first + 2; ++i) {
    for (const torch::Tensor& parameter : param_groups()[i].params())
      parameters.push_back(parameter);
  }
  return parameters;
}

bool FineTuning::accumulate() {
  if (options_.accumulate <= 1) return true;
  std::vector<torch::Tensor> parameters = of_groups(kModelGroups);
  for (torch::Tensor& parameter : of_groups(kGroupsBeside)) parameters.push_back(parameter);
  kept_.resize(parameters.size());
  const bool last = ++batches_ == options_.accumulate;
  const double share = 1 / static_cast<double>(options_.accumulate);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    torch::Tensor& gradient = parameters[i].mutable_grad();
    torch::Tensor& kept = kept_[i];
    if (gradient.defined()) kept = kept.defined() ? kept.add_(gradient, share) : gradient * share;
    if (last) gradient = std::exchange(kept, torch::Tensor());
  }
  if (last) batches_ = 0;
  return last;
}

torch::Tensor FineTuning::step(LossClosure closure) {
  TORCH_CHECK(closure == nullptr, "FineTuning takes gradients, no closure");
  const torch::NoGradGuard no_grad;
  if (!accumulate()) return {};
  if (options_.max_gradient_norm > 0) {
    for (const std::size_t first : {kModelGroups, kGroupsBeside}) {
      torch::nn::utils::clip_grad_norm_(of_groups(first), options_.max_gradient_norm);
    }
  }
  // The learning rate of all groups is set from outside, by the schedule.
  std::vector<double> rates;
  for (std::size_t i = kGroupsBeside; i < kGroupsBeside + 2; ++i) {
    auto& group = param_groups()[i].options();
    rates.push_back(group.get_lr());
    group.set_lr(rates.back() * options_.learning_rate_beside);
  }
  AdamW::step();
  for (std::size_t i = 0; i < 2; ++i) param_groups()[kGroupsBeside + i].options().set_lr(rates[i]);
  return {};
}

}  // namespace bittensor
