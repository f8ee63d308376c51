// SPDX-License-Identifier: MIT
#include "bittensor/router/gate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// Weights outside of these times their mean count as these: nobody gets out of reach.
constexpr double kLeastOfMean = 0.02;
constexpr double kLargestOfMean = 10;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor unit(const at::Tensor& rows) {
  return rows / rows.norm(2, /*dim=*/1, /*keepdim=*/true).clamp_min(1e-12);
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
  const at::Tensor all = logits(synapses, weights, context);
  return scored(all, choose(all), static_cast<std::int64_t>(synapses.size()));
}

Gate::Choice Gate::score(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                         const at::Tensor& context, const at::Tensor& chosen) {
  return scored(logits(synapses, weights, context), chosen,
                static_cast<std::int64_t>(synapses.size()));
}

at::Tensor Gate::logits(absl::Span<const SynapseRecord> synapses, const at::Tensor& weights,
                        const at::Tensor& context) {
  const auto n = static_cast<std::int64_t>(synapses.size());
  TORCH_CHECK(context.dim() == 2 && context.size(1) == options_.x_dim, "a context of shape ",
              context.sizes(), " for a gate of x_dim ", options_.x_dim);
  TORCH_CHECK(!weights.defined() || (weights.dim() == 1 && weights.size(0) == n),
              "weights of shape ", weights.sizes(), " for ", n, " synapses");
  const std::int64_t known = std::min(n, keys_->max_keys());
  const at::Tensor query = query_->forward(context);                   // [batch, key_dim]
  const at::Tensor keys = keys_->forward(synapses.subspan(0, known));  // [known, key_dim]
  const at::Tensor match = options_.sharpness * unit(query).matmul(unit(keys).t());
  return weights.defined() ? match + prior(weights.narrow(0, 0, known).to(match.options())) : match;
}

// A weight of 0 is that of a synapse which was never asked: nothing speaks for or against it.
at::Tensor Gate::prior(const at::Tensor& weights) const {
  const at::Tensor sane = weights.detach().nan_to_num(0, 0, 0).clamp_min(0);
  const at::Tensor known = sane.gt(0);
  const at::Tensor mean = sane.sum() / known.sum().clamp_min(1);
  const at::Tensor share = (sane / mean.clamp_min(1e-12)).clamp(kLeastOfMean, kLargestOfMean);
  return options_.prior * share.masked_fill(~known, 1).log();
}

at::Tensor Gate::choose(const at::Tensor& logits) const {
  const torch::NoGradGuard no_grad;
  const std::int64_t batch = logits.size(0);
  const std::int64_t n = logits.size(1);
  const std::int64_t k = std::min(options_.topk, n);
  at::Tensor appeal = logits.detach();
  if (is_training() && k < n) {
    appeal = appeal + options_.noise * torch::randn_like(appeal);
    // An infinite appeal is among the k largest and displaces the last of them.
    const at::Tensor drawn =
        torch::randint(n, {batch, 1}, logits.options().dtype(torch::kLong));  // [batch, 1]
    const at::Tensor explores = torch::rand({batch, 1}, logits.options()) < options_.exploration;
    appeal.scatter_(1, drawn, appeal.gather(1, drawn).masked_fill(explores, kInfinity));
  }
  const at::Tensor chosen = std::get<1>(appeal.topk(k, /*dim=*/1));
  return is_training() && k > 1 ? dropped_out(chosen) : chosen;
}

at::Tensor Gate::dropped_out(const at::Tensor& chosen) const {
  const auto numbers = at::TensorOptions().device(chosen.device());
  at::Tensor kept = torch::rand(chosen.sizes(), numbers) >= options_.dropout;
  // A row that lost all keeps one.
  const at::Tensor drawn =
      torch::randint(chosen.size(1), {chosen.size(0), 1}, numbers.dtype(torch::kLong));
  kept.scatter_(1, drawn, kept.gather(1, drawn) | ~kept.any(/*dim=*/1, /*keepdim=*/true));
  return chosen.masked_fill(~kept, -1);
}

Gate::Choice Gate::scored(const at::Tensor& logits, const at::Tensor& chosen,
                          std::int64_t n) const {
  const std::int64_t batch = logits.size(0);
  const at::Tensor kept = chosen.ge(0);
  const at::Tensor index = chosen.clamp_min(0);
  // Softmax of the chosen logits alone: the others must not hold a share of the mass.
  const at::Tensor share = logits.gather(1, index).masked_fill(~kept, -kInfinity).softmax(1);
  // Adding, since a dropped one stands at another's place, with a share of zero.
  const at::Tensor scores = torch::zeros({batch, n}, logits.options()).scatter_add(1, index, share);
  const at::Tensor asked =
      torch::zeros({batch, n}, index.options()).scatter_add(1, index, kept.to(torch::kLong)).gt(0);
  return {chosen, asked, scores, balance_loss(logits, index.masked_select(kept))};
}

// Fedus et al. 2021, "Switch Transformers", arXiv:2101.03961, equations 4 to 6, less its value at
// balance. Not the squared coefficient of variation of Shazeer et al.: that one sees only the
// scores, whose gradient for whoever is not chosen is zero, and cannot call anybody back. Here the
// softmax over all synapses gives the starved a gradient too.
at::Tensor Gate::balance_loss(const at::Tensor& logits, const at::Tensor& chosen) const {
  if (chosen.numel() == 0) return torch::zeros({}, logits.options());
  const std::int64_t n = logits.size(1);
  const at::Tensor load =  // the share of all requests, [n]
      at::bincount(chosen, {}, n).to(logits.dtype()) / chosen.numel();
  const at::Tensor probability = logits.softmax(1).mean(0);  // [n]
  return options_.balance * (n * (load * probability).sum() - 1);
}

}  // namespace bittensor
