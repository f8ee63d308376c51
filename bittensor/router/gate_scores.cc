// SPDX-License-Identifier: MIT
#include "bittensor/router/gate_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ATen/Dispatch.h"
#include "torch/csrc/autograd/custom_function.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/rows.h"

namespace bittensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kLeastNorm = 1e-12;

// Rows of length 1, and how long they were.
template <typename T>
struct UnitRows {
  explicit UnitRows(const at::Tensor& from)
      : rows(at::empty(from.sizes(), from.options().requires_grad(false))), norms(from.size(0)) {
    const at::Tensor given = from.contiguous();
    const std::int64_t d = from.size(1);
    for (std::int64_t r = 0; r < from.size(0); ++r) {
      const T* const row = given.data_ptr<T>() + r * d;
      norms[r] = std::sqrt(dot(row, row, d));
      const T factor = 1 / std::max(norms[r], static_cast<T>(kLeastNorm));
      scale_into(rows.data_ptr<T>() + r * d, row, factor, d);
    }
  }

  // Turns the gradient of `rows` into that of the rows they were made from.
  void backward(at::Tensor& gradient) const {
    const std::int64_t d = rows.size(1);
    for (std::int64_t r = 0; r < rows.size(0); ++r) {
      T* const g = gradient.data_ptr<T>() + r * d;
      const T* const unit = rows.data_ptr<T>() + r * d;
      const T least = static_cast<T>(kLeastNorm);
      // What points along the row does not turn it. One too short to be made longer is a constant
      // away from its unit.
      if (norms[r] >= least) add_scaled(g, unit, -dot(g, unit, d), d);
      const T factor = 1 / std::max(norms[r], least);
      for (std::int64_t i = 0; i < d; ++i) g[i] *= factor;
    }
  }

  at::Tensor rows;
  std::vector<T> norms;
};

// The choices of a batch.
class Chosen {
 public:
  Chosen(const at::Tensor& chosen, std::int64_t keys)
      : rows_(chosen.contiguous()), k_(chosen.size(1)), load_(keys) {
    for (std::int64_t r = 0; r < rows_.size(0); ++r) {
      each(r, [&](std::int64_t key) {
        TORCH_CHECK_INDEX(key < keys, "chosen: ", key, " of ", keys, " keys");
        ++load_[key];
        ++total_;
      });
    }
    for (double& load : load_) load /= std::max<double>(total_, 1);
  }

  bool any() const { return total_ > 0; }
  // The share of all choices, [keys].
  const std::vector<double>& load() const { return load_; }

  // Calls `take` with each that row `r` chose.
  template <typename Take>
  void each(std::int64_t r, const Take& take) const {
    const std::int64_t* const row = rows_.data_ptr<std::int64_t>() + r * k_;
    for (std::int64_t i = 0; i < k_; ++i) {
      if (row[i] >= 0) take(row[i]);
    }
  }

  // The softmax of a row of logits over those that it chose; elsewhere `scores` stays as it is.
  template <typename T>
  void softmax(std::int64_t r, const T* logits, T* scores) const {
    T largest = -std::numeric_limits<T>::infinity();
    each(r, [&](std::int64_t key) { largest = std::max(largest, logits[key]); });
    T sum = 0;
    each(r, [&](std::int64_t key) { sum += scores[key] = std::exp(logits[key] - largest); });
    each(r, [&](std::int64_t key) { scores[key] /= sum; });
  }

 private:
  const at::Tensor rows_;
  const std::int64_t k_;
  std::vector<double> load_;
  std::int64_t total_ = 0;
};

template <typename T>
std::vector<T> softmax(const T* logits, std::int64_t n) {
  std::vector<T> shares(n);
  T largest = -std::numeric_limits<T>::infinity();
  for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, logits[i]);
  T sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += shares[i] = std::exp(logits[i] - largest);
  for (T& share : shares) share /= sum;
  return shares;
}

// The sum of load * probability over the keys, in a row.
template <typename T>
double crowding(const Chosen& chosen, const std::vector<T>& probability) {
  double sum = 0;
  for (std::size_t i = 0; i < probability.size(); ++i) sum += chosen.load()[i] * probability[i];
  return sum;
}

template <typename T>
GateScores scores_of(const at::Tensor& logits, const Chosen& chosen, std::int64_t width,
                     double balance) {
  const std::int64_t batch = logits.size(0);
  const std::int64_t n = logits.size(1);
  at::Tensor scores = at::zeros({batch, width}, logits.options());
  double crowded = 0;
  for (std::int64_t r = 0; r < batch; ++r) {
    const T* const row = logits.data_ptr<T>() + r * n;
    chosen.softmax(r, row, scores.data_ptr<T>() + r * width);
    crowded += crowding(chosen, softmax(row, n));
  }
  const double loss =
      chosen.any() ? balance * (static_cast<double>(n) * crowded / static_cast<double>(batch) - 1)
                   : 0;
  return {std::move(scores), at::full({}, loss, logits.options())};
}

// The gradient of the logits from those of scores and balance loss.
template <typename T>
at::Tensor logits_gradient(const at::Tensor& logits, const Chosen& chosen,
                           const at::Tensor& of_scores, const at::Tensor& of_loss, double balance) {
  const std::int64_t batch = logits.size(0);
  const std::int64_t n = logits.size(1);
  const at::Tensor score_gradient = of_scores.contiguous();
  const std::int64_t width = of_scores.size(1);
  at::Tensor gradient = at::zeros_like(logits);
  const double factor = chosen.any() ? of_loss.item<double>() * balance * static_cast<double>(n) /
                                           static_cast<double>(batch)
                                     : 0;
  std::vector<T> share(n);
  for (std::int64_t r = 0; r < batch; ++r) {
    const T* const row = logits.data_ptr<T>() + r * n;
    const T* const above = score_gradient.data_ptr<T>() + r * width;
    T* const below = gradient.data_ptr<T>() + r * n;
    chosen.softmax(r, row, share.data());
    T mean = 0;
    chosen.each(r, [&](std::int64_t key) { mean += share[key] * above[key]; });
    chosen.each(r, [&](std::int64_t key) { below[key] = share[key] * (above[key] - mean); });
    if (factor == 0) continue;
    const std::vector<T> probability = softmax(row, n);
    const double crowded = crowding(chosen, probability);
    for (std::int64_t i = 0; i < n; ++i) {
      below[i] += static_cast<T>(factor * probability[i] * (chosen.load()[i] - crowded));
    }
  }
  return gradient;
}

class GateScoresFunction : public torch::autograd::Function<GateScoresFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& query,
                               const at::Tensor& keys, const at::Tensor& logits,
                               const at::Tensor& chosen, std::int64_t width, double sharpness,
                               double balance) {
    context->save_for_backward({query, keys, logits, chosen});
    context->saved_data["sharpness"] = sharpness;
    context->saved_data["balance"] = balance;
    const Chosen choices(chosen, logits.size(1));
    GateScores result;
    AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "gate_scores", [&] {
      result = scores_of<scalar_t>(logits, choices, width, balance);
    });
    return {std::move(result.scores), std::move(result.balance_loss)};
  }

  static variable_list backward(AutogradContext* context, const variable_list& above) {
    const torch::NoGradGuard no_grad;
    const variable_list saved = context->get_saved_variables();
    const double sharpness = context->saved_data["sharpness"].toDouble();
    const double balance = context->saved_data["balance"].toDouble();
    const at::Tensor& logits = saved[2];
    const Chosen chosen(saved[3], logits.size(1));
    at::Tensor of_query;
    at::Tensor of_keys;
    AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "gate_scores_backward", [&] {
      const at::Tensor of_match =
          logits_gradient<scalar_t>(logits, chosen, above[0], above[1], balance).mul_(sharpness);
      const UnitRows<scalar_t> query(saved[0]);
      const UnitRows<scalar_t> keys(saved[1]);
      of_query = of_match.mm(keys.rows);
      query.backward(of_query);
      of_keys = of_match.t().mm(query.rows);
      keys.backward(of_keys);
    });
    return {of_query, of_keys, {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor gate_logits(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& prior,
                       double sharpness) {
  const torch::NoGradGuard no_grad;
  at::Tensor logits;
  AT_DISPATCH_FLOATING_TYPES(query.scalar_type(), "gate_logits", [&] {
    logits = UnitRows<scalar_t>(query).rows.mm(UnitRows<scalar_t>(keys).rows.t()).mul_(sharpness);
  });
  return prior.defined() ? logits.add_(prior) : logits;
}

GateScores gate_scores(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& logits,
                       const at::Tensor& chosen, std::int64_t width, double sharpness,
                       double balance) {
  variable_list result =
      GateScoresFunction::apply(query, keys, logits, chosen, width, sharpness, balance);
  return {std::move(result[0]), std::move(result[1])};
}

}  // namespace bittensor
