// SPDX-License-Identifier: MIT
#include "bittensor/metagraph/weight_matrix.h"

#include <utility>

#include "ATen/ATen.h"
#include "absl/container/flat_hash_map.h"

namespace bittensor {

WeightMatrix make_weight_matrix(std::vector<PublicKey> keys,
                                const std::vector<std::pair<PublicKey, WeightRow>>& rows) {
  absl::flat_hash_map<PublicKey, std::int64_t> index;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    index.emplace(keys[i], static_cast<std::int64_t>(i));
  }
  const auto n = static_cast<std::int64_t>(keys.size());
  at::Tensor weights = at::zeros({n, n}, at::kFloat);
  auto values = weights.accessor<float, 2>();
  for (const auto& [key, row] : rows) {
    const auto i = index.find(key);
    if (i == index.end()) continue;
    for (const auto& [other, weight] : row) {
      const auto j = index.find(other);
      if (j != index.end()) values[i->second][j->second] = weight;
    }
  }
  return {std::move(keys), std::move(weights)};
}

}  // namespace bittensor
