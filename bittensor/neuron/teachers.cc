// SPDX-License-Identifier: MIT
#include "bittensor/neuron/teachers.h"

#include <algorithm>
#include <cmath>

#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

constexpr double kTrustRate = 0.05;  // of running means, of cosines and of losses
constexpr double kForgets = 0.01;    // of the longest own gradient, with each step

double dot(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!a[i].defined() || !b[i].defined()) continue;
    sum += (a[i].flatten() * b[i].to(a[i].options()).flatten()).sum().item<double>();
  }
  return sum;
}

// What the parameters' own `grad`s are; undefined where there is none.
std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) gradients.push_back(parameter.grad());
  return gradients;
}

}  // namespace

Teachers::Count& Teachers::count_of(const PublicKey& from) {
  const bool full = counts_.size() >= kMaxCounted && counts_.count(from) == 0;
  Count& count = counts_[full ? PublicKey() : from];
  if (learn_from_ == LearnFrom::kKnown) count.trust = 1;
  return count;
}

double Teachers::judge(const PublicKey& from, double loss, double guessing) {
  Count& count = count_of(from);
  ++count.judged;
  // No single lesson counts more than some others: a mean must not take for ever to recover.
  const double bounded = std::isfinite(loss) ? std::min(loss, 4 * guessing) : 4 * guessing;
  const double rate = std::max(kTrustRate, 1 / static_cast<double>(count.judged));
  count.lesson_loss += rate * (bounded - count.lesson_loss);
  return std::isfinite(loss) ? std::clamp(1 - count.lesson_loss / guessing, 0.0, 1.0) : 0;
}

void Teachers::add_lesson(const std::vector<at::Tensor>& gradient, double factor,
                          const std::vector<at::Tensor>& parameters) {
  const torch::NoGradGuard no_grad;
  const double own = norm_of(gradients_of(parameters));
  if (std::isfinite(own)) longest_ = std::max(own, longest_ + kForgets * (own - longest_));
  const double norm = factor * norm_of(gradient);
  if (!std::isfinite(norm)) return;
  add_gradients(gradient, norm > longest_ ? factor * longest_ / norm : factor, parameters);
}

void Teachers::add(const std::vector<TaughtGradients::Taught>& taught,
                   const std::vector<at::Tensor>& parameters,
                   const std::function<double(const PublicKey&)>& weight) {
  if (learn_from_ == LearnFrom::kEarned) return add_earned(taught, parameters, weight);
  double longest = 0;  // of the sum, whatever the directions
  for (const TaughtGradients::Taught& teacher : taught) longest += norm_of(teacher.sum);
  const double factor = longest > kMaxNorm ? kMaxNorm / longest : 1;
  for (const TaughtGradients::Taught& teacher : taught) {
    add_gradients(teacher.sum, factor, parameters);
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
