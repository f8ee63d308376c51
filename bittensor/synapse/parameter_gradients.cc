// SPDX-License-Identifier: MIT
#include "bittensor/synapse/parameter_gradients.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "torch/torch.h"

namespace bittensor {
namespace {

double norm_of(const std::vector<at::Tensor>& gradients) {
  double squares = 0;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) squares += std::pow(gradient.norm().item<double>(), 2);
  }
  return std::sqrt(squares);
}

}  // namespace

absl::Status ParameterGradients::add(const std::vector<at::Tensor>& gradients) {
  const torch::NoGradGuard no_grad;
  const double norm = norm_of(gradients);
  if (!std::isfinite(norm)) {
    return absl::InvalidArgumentError("gradient of the parameters is not finite");
  }
  const double scale = std::min(1.0, max_norm_ / std::max(norm, 1e-12));
  {
    MutexLock lock(mutex_);
    if (sum_.empty()) sum_.resize(gradients.size());
    if (sum_.size() != gradients.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(gradients.size(), " gradients for ", sum_.size(), " parameters"));
    }
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined() || !sum_[i].defined()) continue;
      if (gradients[i].sizes() == sum_[i].sizes()) continue;
      return absl::InvalidArgumentError(absl::StrCat("gradient ", i, " is of another shape"));
    }
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      if (!sum_[i].defined()) sum_[i] = torch::zeros_like(gradients[i]);
      sum_[i].add_(gradients[i], scale);
    }
    ++calls_;
  }
  added_.notify_all();
  return absl::OkStatus();
}

std::int64_t ParameterGradients::take_into(Synapse& synapse) {
  std::vector<at::Tensor> sum;
  std::int64_t calls = 0;
  {
    MutexLock lock(mutex_);
    sum.swap(sum_);
    calls = std::exchange(calls_, 0);
  }
  const torch::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = synapse.parameters();
  for (std::size_t i = 0; i < std::min(sum.size(), parameters.size()); ++i) {
    const at::Tensor& parameter = parameters[i];
    if (!sum[i].defined() || !parameter.requires_grad()) continue;
    const at::Tensor gradient = sum[i].to(parameter.options());
    if (parameter.grad().defined()) {
      parameter.grad().add_(gradient);
    } else {
      parameter.mutable_grad() = gradient;
    }
  }
  return calls;
}

bool ParameterGradients::wait(Duration timeout) {
  const auto give_up = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  while (calls_ == 0) {
    if (added_.wait_until(mutex_, give_up) == std::cv_status::timeout) break;
  }
  return calls_ > 0;
}

}  // namespace bittensor
