// SPDX-License-Identifier: MIT
#include "bittensor/neuron/teachers.h"

#include <algorithm>
#include <cmath>

#include "torch/torch.h"

namespace bittensor {
namespace {

constexpr double kTrustRate = 0.05;  // of the running mean of cosines

double dot(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!a[i].defined() || !b[i].defined()) continue;
    sum += (a[i].flatten() * b[i].to(a[i].options()).flatten()).sum().item<double>();
  }
  return sum;
}

}  // namespace

Teachers::Count& Teachers::count_of(const PublicKey& from) {
  const bool full = counts_.size() >= kMaxCounted && counts_.count(from) == 0;
  Count& count = counts_[full ? PublicKey() : from];
  if (learn_from_ == LearnFrom::kKnown) count.trust = 1;
  return count;
}

void Teachers::add(const std::vector<TaughtGradients::Taught>& taught,
                   const std::vector<at::Tensor>& parameters,
                   const std::function<double(const PublicKey&)>& weight) {
  if (learn_from_ == LearnFrom::kEarned) return add_earned(taught, parameters, weight);
  for (const TaughtGradients::Taught& teacher : taught) {
    add_gradients(teacher.sum, 1, parameters);
    count_of(teacher.from).gradients += teacher.calls;
  }
}

void Teachers::add_earned(const std::vector<TaughtGradients::Taught>& taught,
                          const std::vector<at::Tensor>& parameters,
                          const std::function<double(const PublicKey&)>& weight) {
  const torch::NoGradGuard no_grad;
  std::vector<at::Tensor> own;
  for (const at::Tensor& parameter : parameters) {
    own.push_back(parameter.grad().defined() ? parameter.grad().clone() : at::Tensor());
  }
  const double own_norm = norm_of(own);
  if (!(own_norm > 0) || !std::isfinite(own_norm)) return;

  std::vector<double> factors;
  double length = 0;  // of all together, at most
  for (const TaughtGradients::Taught& teacher : taught) {
    const double norm = norm_of(teacher.sum);
    double cosine = norm > 0 ? dot(own, teacher.sum) / (own_norm * norm) : 0;
    // A lesson may have a gradient, or a product with it, beyond what a float can be.
    cosine = std::isfinite(norm) && std::isfinite(cosine) ? std::clamp(cosine, -1.0, 1.0) : 0;
    const double trust = std::max(0.0, cosine) * weight(teacher.from);
    factors.push_back(trust > 0 ? trust * own_norm / norm : 0);
    length += trust;
    Count& count = count_of(teacher.from);
    count.gradients += teacher.calls;
    count.trust += kTrustRate * (cosine - count.trust);
  }
  const double shrink = 1 / std::max(1.0, length);
  for (std::size_t i = 0; i < taught.size(); ++i) {
    if (factors[i] > 0) add_gradients(taught[i].sum, factors[i] * shrink, parameters);
  }
}

}  // namespace bittensor
