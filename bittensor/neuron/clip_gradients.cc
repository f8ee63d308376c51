// SPDX-License-Identifier: MIT
#include "bittensor/neuron/clip_gradients.h"

#include <cmath>

#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr double kLeastNorm = 1e-6;  // torch's

}  // namespace

double clip_gradients(const std::vector<at::Tensor>& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  double squares = 0;
  for (const at::Tensor& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    const double norm = parameter.grad().norm().item<double>();
    squares += norm * norm;
  }
  const double norm = std::sqrt(squares);
  const double factor = max_norm / (norm + kLeastNorm);
  if (factor >= 1) return norm;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) parameter.grad().mul_(factor);
  }
  return norm;
}

}  // namespace bittensor
