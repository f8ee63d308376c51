// SPDX-License-Identifier: MIT
#include "bittensor/router/weight_average.h"

#include <algorithm>
#include <utility>

#include "torch/types.h"

namespace bittensor {
namespace {

constexpr int kWindow = 100;  // batches
constexpr int kCaution = 10;  // batches that a newcomer's first weight counts as

}  // namespace

at::Tensor WeightAverage::update(const Route& route, const std::vector<Answer>& answers,
                                 const at::Tensor& weights, const at::Tensor& shares) {
  const auto n = static_cast<std::int64_t>(route.synapses.size());
  TORCH_CHECK(weights.numel() == n && shares.numel() == n && answers.size() == route.rows.size(),
              weights.numel(), " weights, ", shares.numel(), " shares and ", answers.size(),
              " answers of ", n, " synapses");
  at::Tensor updated = weights.to(torch::kCPU, torch::kDouble, /*non_blocking=*/false,
                                  /*copy=*/true);
  const at::Tensor said = shares.to(torch::kCPU, torch::kDouble).contiguous();
  auto* const weight = updated.data_ptr<double>();
  double sum = 0;
  int known = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (!(weight[i] > 0)) continue;
    sum += weight[i];
    ++known;
  }
  const double mean = known > 0 ? sum / known : 1.0 / static_cast<double>(n);
  absl::flat_hash_map<PublicKey, int> batches;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto found = batches_.find(route.synapses[i].key);
    int seen = found != batches_.end() ? found->second : weight[i] > 0 ? kWindow : 0;
    if (route.rows[i].numel() > 0 && (weight[i] > 0 || answers[i].status.ok())) {
      if (weight[i] == 0) weight[i] = mean;
      seen = std::min(seen + 1, kWindow - kCaution);
      weight[i] += (said.data_ptr<double>()[i] - weight[i]) / (seen + kCaution);
    }
    batches[route.synapses[i].key] = seen;
  }
  batches_ = std::move(batches);
  return updated.to(weights.options());
}

}  // namespace bittensor
