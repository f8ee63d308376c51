// SPDX-License-Identifier: MIT
#include "bittensor/router/gate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/gate_scores.h"

namespace bittensor {
namespace {

// Weights outside of these times their mean count as these: nobody gets out of reach.
constexpr double kLeastOfMean = 0.02;
constexpr double kLargestOfMean = 10;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Few numbers: on another device each operation would cost more than bringing them here.
at::Tensor here(const at::Tensor& rows) {
  const bool wide = rows.scalar_type() == at::kDouble;
  return rows.to(torch::kCPU, wide ? torch::kDouble : torch::kFloat).contiguous();
}

// Who is sent each row, bool [batch, n].
at::Tensor asked_of(const at::Tensor& chosen, std::int64_t n) {
  at::Tensor asked = torch::zeros({chosen.size(0), n}, torch::kBool);
  const std::int64_t* next = chosen.data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < chosen.size(0); ++row) {
    for (std::int64_t i = 0; i < chosen.size(1); ++i, ++next) {
      TORCH_CHECK_INDEX(*next < n, "chosen: ", *next, " of ", n, " synapses");
      if (*next >= 0) asked.data_ptr<bool>()[row * n + *next] = true;
    }
  }
  return asked;
}

}  // namespace

Gate::Gate(Options options)
    : options_(options),
      query_(register_module("query", torch::nn::Linear(options.x_dim, options.key_dim))),
      keys_(
          register_module("keys", std::make_shared<KeyTable>(options.max_keys, options.key_dim))) {
  TORCH_CHECK(options_.topk > 0, "a gate with topk = ", options_.topk);
}

Gate::Choice Gate::forward(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                           const at::Tensor& context) {
  const Basis from = basis(synapses, weights, context);
  return scored(from, choose(from, context.size(0)), static_cast<std::int64_t>(synapses.size()));
}

Gate::Choice Gate::score(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                         const at::Tensor& context, const at::Tensor& chosen) {
  return scored(basis(synapses, weights, context), chosen.to(torch::kCPU).contiguous(),
                static_cast<std::int64_t>(synapses.size()));
}

Gate::Basis Gate::basis(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                        const at::Tensor& context) {
  const auto n = static_cast<std::int64_t>(synapses.size());
  TORCH_CHECK(context.dim() == 2 && context.size(1) == options_.x_dim, "a context of shape ",
              context.sizes(), " for a gate of x_dim ", options_.x_dim);
  TORCH_CHECK(!weights.defined() || (weights.dim() == 1 && weights.size(0) == n),
              "weights of shape ", weights.sizes(), " for ", n, " synapses");
  const std::int64_t known = std::min(n, keys_->max_keys());
  const at::Tensor keys = keys_->forward(absl::MakeSpan(synapses).subspan(0, known));
  if (known < 2) return {{}, keys, {}};
  Basis from{here(query_of(context)), here(keys), {}};
  const at::Tensor prior =
      weights.defined() ? this->prior(weights.narrow(0, 0, known)) : at::Tensor();
  from.logits = gate_logits(from.query, from.keys, prior, options_.sharpness);
  return from;
}

at::Tensor Gate::query_of(const at::Tensor& context) {
  // One row that stands for all, as of a route without a context.
  if (context.size(0) > 1 && context.stride(0) == 0) {
    return query_->forward(context.narrow(0, 0, 1)).expand({context.size(0), -1});
  }
  return query_->forward(context);
}

// A weight of 0 is that of a synapse which was never asked: nothing speaks for or against it.
at::Tensor Gate::prior(const at::Tensor& weights) const {
  const at::Tensor given = weights.detach().to(torch::kCPU, torch::kDouble).contiguous();
  const absl::Span<const double> weight(given.data_ptr<double>(), given.numel());
  double sum = 0;
  int known = 0;
  for (const double value : weight) {
    if (!(value > 0) || !std::isfinite(value)) continue;
    sum += value;
    ++known;
  }
  const double mean = std::max(sum / std::max(known, 1), 1e-12);
  at::Tensor prior = torch::zeros(given.sizes(), torch::kDouble);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (!(weight[i] > 0) || !std::isfinite(weight[i])) continue;
    prior.data_ptr<double>()[i] =
        options_.prior * std::log(std::clamp(weight[i] / mean, kLeastOfMean, kLargestOfMean));
  }
  return prior;
}

at::Tensor Gate::choose(const Basis& from, std::int64_t batch) const {
  const torch::NoGradGuard no_grad;
  const std::int64_t n = from.keys.size(0);
  const std::int64_t k = std::min(options_.topk, n);
  at::Tensor chosen;  // [batch, k]
  if (k < n) {
    chosen = std::get<1>(appeal_of(from.logits).topk(k, /*dim=*/1));
  } else {  // Everybody.
    chosen = torch::arange(n).expand({batch, n}).contiguous();
  }
  if (is_training() && k > 1) drop_out(chosen);
  return chosen;
}

// What decides who is chosen, [batch, n].
at::Tensor Gate::appeal_of(const at::Tensor& logits) const {
  if (!is_training()) return logits;
  const std::int64_t batch = logits.size(0);
  at::Tensor appeal = torch::randn_like(logits).mul_(options_.noise).add_(logits);
  const std::vector<std::int64_t> newcomers = pool(appeal);
  // An infinite appeal is among the k largest and displaces the last of them.
  const at::Tensor drawn =
      torch::randint(static_cast<std::int64_t>(newcomers.size()), {batch}, torch::kLong);
  const at::Tensor luck = torch::rand({batch});
  for (std::int64_t row = 0; row < batch; ++row) {
    if (luck.data_ptr<float>()[row] >= options_.exploration) continue;
    const std::int64_t who = newcomers[drawn.data_ptr<std::int64_t>()[row]];
    appeal.select(0, row).narrow(0, who, 1).fill_(kInfinity);
  }
  return appeal;
}

// Leaves those whom the batch likes best their appeal, and nobody else. Gives who may be drawn.
std::vector<std::int64_t> Gate::pool(at::Tensor& appeal) const {
  const std::int64_t n = appeal.size(1);
  std::vector<std::int64_t> everybody(n);
  std::iota(everybody.begin(), everybody.end(), 0);
  const std::int64_t most = options_.favourites * options_.topk;
  if (n <= most + options_.topk || appeal.size(0) == 0) return everybody;
  const at::Tensor liked = std::get<1>(appeal.softmax(1).mean(0).topk(most));
  at::Tensor mask = torch::full({n}, -kInfinity, appeal.options()).index_fill_(0, liked, 0);
  appeal.add_(mask);
  const at::Tensor drawn = torch::randint(n, {options_.topk}, torch::kLong);
  const auto* const first = drawn.data_ptr<std::int64_t>();
  return {first, first + options_.topk};
}

// Some of the chosen become -1. A row that would lose all keeps one.
void Gate::drop_out(at::Tensor& chosen) const {
  const std::int64_t k = chosen.size(1);
  const at::Tensor luck = torch::rand(chosen.sizes());
  const at::Tensor drawn = torch::randint(k, {chosen.size(0)}, torch::kLong);
  for (std::int64_t row = 0; row < chosen.size(0); ++row) {
    const float* const lucky = luck.data_ptr<float>() + row * k;
    std::int64_t* const of_row = chosen.data_ptr<std::int64_t>() + row * k;
    const auto stays = [&](std::int64_t i) { return lucky[i] >= options_.dropout; };
    bool any = false;
    for (std::int64_t i = 0; i < k; ++i) any = any || stays(i);
    for (std::int64_t i = 0; i < k; ++i) {
      if (any ? !stays(i) : i != drawn.data_ptr<std::int64_t>()[row]) of_row[i] = -1;
    }
  }
}

Gate::Choice Gate::scored(const Basis& from, const at::Tensor& chosen, std::int64_t n) const {
  const at::Tensor asked = asked_of(chosen, n);
  const auto home = query_->weight.options().requires_grad(false);
  if (!from.logits.defined()) {  // The one there is, or nobody.
    return {chosen, asked, asked.to(home), torch::zeros({}, home)};
  }
  GateScores found = gate_scores(from.query, from.keys, from.logits, chosen, n, options_.sharpness,
                                 options_.balance);
  return {chosen, asked, found.scores.to(home), found.balance_loss.to(home)};
}

}  // namespace bittensor
