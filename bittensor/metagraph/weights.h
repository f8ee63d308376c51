// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "bittensor/base/mutex.h"
#include "bittensor/metagraph/statement.h"

namespace bittensor {

// How much this neuron values each synapse, in [0, 1].
//
// Thread-safe. Remembers at most `max_synapses`, those with the largest weights.
class OwnWeights {
 public:
  explicit OwnWeights(std::size_t max_synapses) : max_synapses_(max_synapses) {}

  // 0 for a synapse that was never set.
  std::vector<float> of(const std::vector<PublicKey>& keys) const BITTENSOR_EXCLUDES(mutex_);

  // Values outside of [0, 1] become the nearer end, NaN becomes 0.
  void set(const WeightRow& weights) BITTENSOR_EXCLUDES(mutex_);

  // The `count` largest above 0, the largest first; ties by key.
  WeightRow largest(std::size_t count) const BITTENSOR_EXCLUDES(mutex_);

 private:
  const std::size_t max_synapses_;
  mutable Mutex mutex_;
  absl::flat_hash_map<PublicKey, float> weights_ BITTENSOR_GUARDED_BY(mutex_);
};

}  // namespace bittensor
