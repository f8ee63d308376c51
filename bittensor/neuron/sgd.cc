// SPDX-License-Identifier: MIT
#include "bittensor/neuron/sgd.h"

#include <memory>

#include "ATen/Parallel.h"
#include "torch/optim/optimizer.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/parameter_key.h"

namespace bittensor {
namespace {

using torch::optim::SGDOptions;
using torch::optim::SGDParamState;

bool is_plain(const SGDOptions& options) {
  return options.momentum() != 0 && options.weight_decay() == 0 && options.dampening() == 0 &&
         !options.nesterov();
}

bool is_dense_cpu_float(const at::Tensor& tensor) {
  return tensor.layout() == at::kStrided && tensor.device().is_cpu() &&
         tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

}  // namespace

bool can_descend(const at::Tensor& parameter, const at::Tensor& velocity) {
  const at::Tensor& gradient = parameter.grad();
  return is_dense_cpu_float(parameter) && (!gradient.defined() || is_dense_cpu_float(gradient)) &&
         (!velocity.defined() ||
          (is_dense_cpu_float(velocity) && velocity.is_same_size(parameter)));
}

void descend(const at::Tensor& parameter, const at::Tensor& velocity, double rate,
             double momentum) {
  float* const p = parameter.data_ptr<float>();
  const float* const g = parameter.grad().data_ptr<float>();
  float* const v = velocity.data_ptr<float>();
  const auto step = static_cast<float>(rate);
  const auto kept = static_cast<float>(momentum);
  constexpr std::int64_t kGrain = 1 << 15;  // elements a thread; less is not worth waking one
  at::parallel_for(0, parameter.numel(), kGrain, [=](std::int64_t begin, std::int64_t end) {
    float* __restrict const parameters = p;
    const float* __restrict const gradients = g;
    float* __restrict const velocities = v;
    for (std::int64_t i = begin; i < end; ++i) {
      velocities[i] = kept * velocities[i] + gradients[i];
      parameters[i] -= step * velocities[i];
    }
  });
  parameter.unsafeGetTensorImpl()->bump_version();  // autograd notices the change
}

bool Sgd::takes(const at::Tensor& parameter) const {
  // As torch left it, in the order of a gradient that was not contiguous, or as it was loaded.
  const auto found = state_.find(parameter_key(state_, parameter));
  const bool fresh = found == state_.end() || found->second == nullptr;
  return can_descend(
      parameter,
      fresh ? at::Tensor() : static_cast<SGDParamState&>(*found->second).momentum_buffer());
}

torch::Tensor Sgd::step(LossClosure closure) {
  bool all_plain = closure == nullptr;
  for (auto& group : param_groups()) {
    all_plain = all_plain && is_plain(static_cast<SGDOptions&>(group.options()));
    for (const at::Tensor& parameter : group.params()) all_plain = all_plain && takes(parameter);
  }
  if (!all_plain) return torch::optim::SGD::step(std::move(closure));

  const torch::NoGradGuard no_grad;
  for (auto& group : param_groups()) {
    const auto& options = static_cast<SGDOptions&>(group.options());
    for (at::Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      auto& state = state_[parameter_key(state_, parameter)];
      if (state == nullptr) {
        auto fresh = std::make_unique<SGDParamState>();
        fresh->momentum_buffer(at::zeros_like(parameter));
        state = std::move(fresh);
      }
      at::Tensor& velocity = static_cast<SGDParamState&>(*state).momentum_buffer();
      if (!velocity.defined()) velocity = at::zeros_like(parameter);
      descend(parameter, velocity, options.lr(), options.momentum());
    }
  }
  return {};
}

void forget_gradients(torch::optim::Optimizer& optimizer) {
  for (auto& group : optimizer.param_groups()) {
    for (at::Tensor& parameter : group.params()) parameter.mutable_grad() = at::Tensor();
  }
}

}  // namespace bittensor
