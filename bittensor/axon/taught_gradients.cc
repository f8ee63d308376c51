// SPDX-License-Identifier: MIT
#include "bittensor/axon/taught_gradients.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

absl::Status check_shapes(const std::vector<at::Tensor>& sum,
                          const std::vector<at::Tensor>& gradients) {
  if (sum.size() != gradients.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(gradients.size(), " gradients for ", sum.size(), " parameters"));
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined() || !sum[i].defined()) continue;
    if (gradients[i].sizes() == sum[i].sizes()) continue;
    return absl::InvalidArgumentError(absl::StrCat("gradient ", i, " has another shape"));
  }
  return absl::OkStatus();
}

std::size_t bytes_of(const std::vector<at::Tensor>& gradients) {
  std::size_t bytes = 0;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) bytes += gradient.nbytes();
  }
  return bytes;
}

}  // namespace

double norm_of(const std::vector<at::Tensor>& gradients) {
  double squares = 0;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) squares += std::pow(gradient.norm().item<double>(), 2);
  }
  return std::sqrt(squares);
}

absl::Status TaughtGradients::add(const PublicKey& from, const std::vector<at::Tensor>& gradients) {
  const torch::NoGradGuard no_grad;
  const double norm = norm_of(gradients);
  if (!std::isfinite(norm)) {
    return absl::InvalidArgumentError("gradient of the parameters is not finite");
  }
  const double scale = std::min(1.0, max_norm_ / std::max(norm, 1e-12));
  {
    MutexLock lock(mutex_);
    const bool is_new = sums_.count(from) == 0;
    const bool full = sums_.size() >= kMaxTeachers || bytes_ + bytes_of(gradients) > max_bytes_;
    if (is_new && !sums_.empty() && full) {
      return absl::ResourceExhaustedError("too many neurons teach this one at a time");
    }
    Taught& taught = sums_[from];
    if (is_new) taught.sum.resize(gradients.size());
    if (auto status = check_shapes(taught.sum, gradients); !status.ok()) return status;
    taught.from = from;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      if (!taught.sum[i].defined()) {
        taught.sum[i] = torch::zeros_like(gradients[i]);
        bytes_ += taught.sum[i].nbytes();
      }
      taught.sum[i].add_(gradients[i], scale);
    }
    ++taught.calls;
  }
  added_.notify_all();
  return absl::OkStatus();
}

std::vector<TaughtGradients::Taught> TaughtGradients::take() {
  std::map<PublicKey, Taught> sums;
  {
    MutexLock lock(mutex_);
    sums.swap(sums_);
    bytes_ = 0;
  }
  std::vector<Taught> taken;
  for (auto& [from, taught] : sums) taken.push_back(std::move(taught));
  return taken;
}

bool TaughtGradients::wait(Duration timeout) {
  const auto give_up = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  while (sums_.empty()) {
    if (added_.wait_until(mutex_, give_up) == std::cv_status::timeout) break;
  }
  return !sums_.empty();
}

void add_gradients(const std::vector<at::Tensor>& gradients, double factor,
                   const std::vector<at::Tensor>& parameters) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < std::min(gradients.size(), parameters.size()); ++i) {
    const at::Tensor& parameter = parameters[i];
    if (!gradients[i].defined() || !parameter.requires_grad()) continue;
    const at::Tensor gradient = gradients[i].to(parameter.options());
    if (parameter.grad().defined()) {
      parameter.grad().add_(gradient, factor);
    } else {
      parameter.mutable_grad() = factor == 1 ? gradient : gradient * factor;
    }
  }
}

}  // namespace bittensor
