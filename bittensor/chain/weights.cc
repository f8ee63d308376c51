// SPDX-License-Identifier: MIT
#include "bittensor/chain/weights.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

constexpr double kOne = 65535;

// Cuts the largest until none is more than `limit` of the sum. With k of them cut, and the others'
// sum s, each is limit * (k * cut + s), so cut = limit * s / (1 - k * limit).
void cut_to_share(std::vector<std::pair<std::uint16_t, double>>& weights, double limit) {
  std::vector<double> values;
  for (const auto& weight : weights) values.push_back(weight.second);
  std::sort(values.rbegin(), values.rend());
  std::vector<double> sums(values.size() + 1, 0.0);  // from the k-th on
  for (std::size_t k = values.size(); k-- > 0;) sums[k] = sums[k + 1] + values[k];
  if (values[0] <= limit * sums[0]) return;
  for (std::size_t k = 1; k < values.size(); ++k) {
    const double left = 1 - static_cast<double>(k) * limit;
    if (left <= 0 || sums[k] <= 0) break;
    const double cut = limit * sums[k] / left;
    if (values[k] > cut) continue;
    for (auto& weight : weights) weight.second = std::min(weight.second, cut);
    return;
  }
  // There are too few for any to stay below the limit: all alike is as near as it gets.
  for (auto& weight : weights) weight.second = weight.second > 0 ? 1 : 0;
}

// All of them do, if the subnet has fewer neurons than it wants weights.
std::uint64_t least_weights(const SubnetHyperparameters& subnet) {
  return std::min(subnet.min_allowed_weights, subnet.neurons);
}

absl::Status check(const std::vector<std::pair<std::uint16_t, double>>& weights,
                   const SubnetHyperparameters& subnet) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto [uid, weight] = weights[i];
    if (!std::isfinite(weight) || weight < 0) {
      return absl::InvalidArgumentError(absl::StrCat("the weight of uid ", uid, " is ", weight));
    }
    if (i > 0 && weights[i - 1].first == uid) {
      return absl::InvalidArgumentError(absl::StrCat("uid ", uid, " has two weights"));
    }
    if (uid >= subnet.neurons) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no uid ", uid, ": the subnet has ", subnet.neurons, " neurons"));
    }
    sum += weight;
  }
  if (!(sum > 0) || !std::isfinite(sum)) {
    return absl::InvalidArgumentError("no weight is more than 0");
  }
  if (weights.size() < least_weights(subnet)) {
    return absl::FailedPreconditionError(absl::StrCat("the subnet wants weights of at least ",
                                                      least_weights(subnet), " neurons, not ",
                                                      weights.size()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ChainWeightRow> chain_weights(std::vector<std::pair<std::uint16_t, double>> weights,
                                             const SubnetHyperparameters& subnet) {
  std::sort(weights.begin(), weights.end());
  if (absl::Status status = check(weights, subnet); !status.ok()) return status;
  if (subnet.max_weight_limit > 0 && subnet.max_weight_limit < kOne) {
    cut_to_share(weights, static_cast<double>(subnet.max_weight_limit) / kOne);
  }
  const double largest =
      std::max_element(weights.begin(), weights.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      })->second;
  ChainWeightRow row;
  ChainWeightRow zeros;
  for (const auto& [uid, weight] : weights) {
    const auto value = static_cast<std::uint16_t>(std::lround(weight / largest * kOne));
    (value > 0 ? row : zeros).emplace_back(uid, value);
  }
  for (std::size_t i = 0; row.size() < least_weights(subnet) && i < zeros.size(); ++i) {
    row.push_back(zeros[i]);
  }
  std::sort(row.begin(), row.end());
  return row;
}

}  // namespace bittensor
