// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/weights.h"

#include <algorithm>
#include <tuple>

namespace bittensor {
namespace {

void keep_largest(WeightRow& row, std::size_t count) {
  const auto before = [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  };
  count = std::min(count, row.size());
  std::partial_sort(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(count), row.end(),
                    before);
  row.resize(count);
}

}  // namespace

std::vector<float> OwnWeights::of(const std::vector<PublicKey>& keys) const {
  std::vector<float> values(keys.size());
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = weights_.find(keys[i]);
    if (found != weights_.end()) values[i] = found->second;
  }
  return values;
}

void OwnWeights::set(const WeightRow& weights) {
  MutexLock lock(mutex_);
  for (const auto& [key, weight] : weights) {
    weights_[key] = weight > 0 ? std::min(weight, 1.0f) : 0;  // 0 for NaN
  }
  if (weights_.size() <= max_synapses_) return;
  WeightRow all(weights_.begin(), weights_.end());
  keep_largest(all, max_synapses_);
  weights_ = {all.begin(), all.end()};
}

WeightRow OwnWeights::largest(std::size_t count) const {
  WeightRow row;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, weight] : weights_) {
      if (weight > 0) row.emplace_back(key, weight);
    }
  }
  keep_largest(row, count);
  return row;
}

}  // namespace bittensor
