// SPDX-License-Identifier: MIT
#include "bittensor/neuron/adamw.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>
#include <utility>

#include "ATen/Parallel.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/parameter_key.h"

namespace bittensor {
namespace {

using torch::optim::AdamWOptions;
using torch::optim::AdamWParamState;

bool is_plain_float(const at::Tensor& tensor) {
  return !tensor.defined() || (tensor.layout() == at::kStrided && tensor.device().is_cpu() &&
                               tensor.scalar_type() == at::kFloat && tensor.is_contiguous());
}

// The numbers of one step that are the same for all elements.
struct Rule {
  float decayed;  // what weight decay leaves of a parameter
  float mean_kept, mean_taken;
  float square_kept, square_taken;
  float root_factor;  // of the root of the mean square, for a bias that falls
  float eps;
  float rate;  // bias corrected
};

Rule rule_of(const AdamWOptions& options, std::int64_t step) {
  const auto [beta1, beta2] = options.betas();
  const double bias1 = 1 - std::pow(beta1, step);
  const double bias2 = 1 - std::pow(beta2, step);
  const auto f = [](double value) { return static_cast<float>(value); };
  return {f(1 - options.lr() * options.weight_decay()),
          f(beta1),
          f(1 - beta1),
          f(beta2),
          f(1 - beta2),
          f(1 / std::sqrt(bias2)),
          f(options.eps()),
          f(options.lr() / bias1)};
}

void apply(const Rule& rule, at::Tensor& parameter, const at::Tensor& gradient, at::Tensor& mean,
           at::Tensor& square) {
  float* const p = parameter.data_ptr<float>();
  const float* const g = gradient.data_ptr<float>();
  float* const m = mean.data_ptr<float>();
  float* const s = square.data_ptr<float>();
  constexpr std::int64_t kGrain = 1 << 15;  // elements a thread; less is not worth waking one
  at::parallel_for(0, parameter.numel(), kGrain, [=](std::int64_t begin, std::int64_t end) {
    float* __restrict const parameters = p;
    const float* __restrict const gradients = g;
    float* __restrict const means = m;
    float* __restrict const squares = s;
    for (std::int64_t i = begin; i < end; ++i) {
      const float slope = gradients[i];
      means[i] = rule.mean_kept * means[i] + rule.mean_taken * slope;
      squares[i] = rule.square_kept * squares[i] + rule.square_taken * slope * slope;
      const float root = std::sqrt(squares[i]) * rule.root_factor + rule.eps;
      parameters[i] = rule.decayed * parameters[i] - rule.rate * means[i] / root;
    }
  });
}

}  // namespace

bool AdamW::takes(const torch::optim::OptimizerParamGroup& group) const {
  if (static_cast<const AdamWOptions&>(group.options()).amsgrad()) return false;
  return std::all_of(group.params().begin(), group.params().end(),
                     [this](const at::Tensor& parameter) {
                       if (!is_plain_float(parameter) || !is_plain_float(parameter.grad()))
                         return false;
                       const auto found = state_.find(parameter_key(state_, parameter));
                       if (found == state_.end() || found->second == nullptr) return true;
                       const auto& state = static_cast<const AdamWParamState&>(*found->second);
                       return is_plain_float(state.exp_avg()) && is_plain_float(state.exp_avg_sq());
                     });
}

torch::Tensor AdamW::step(LossClosure closure) {
  const auto& groups = param_groups();
  const bool all =
      std::all_of(groups.begin(), groups.end(), [this](const auto& group) { return takes(group); });
  if (closure != nullptr || !all) return torch::optim::AdamW::step(std::move(closure));

  const torch::NoGradGuard no_grad;
  for (auto& group : param_groups()) {
    const auto& options = static_cast<const AdamWOptions&>(group.options());
    for (at::Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      auto& entry = state_[parameter_key(state_, parameter)];
      if (entry == nullptr) entry = std::make_unique<AdamWParamState>();
      auto& state = static_cast<AdamWParamState&>(*entry);
      if (!state.exp_avg().defined()) state.exp_avg(at::zeros_like(parameter));
      if (!state.exp_avg_sq().defined()) state.exp_avg_sq(at::zeros_like(parameter));
      state.step(state.step() + 1);
      apply(rule_of(options, state.step()), parameter, parameter.grad(), state.exp_avg(),
            state.exp_avg_sq());
      parameter.unsafeGetTensorImpl()->bump_version();  // autograd notices the change
    }
  }
  return {};
}

}  // namespace bittensor
