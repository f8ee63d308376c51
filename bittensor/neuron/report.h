// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "nlohmann/json_fwd.hpp"

#include "bittensor/metagraph/synapse_record.h"

namespace bittensor {

// Short key of a synapse and its weight.
using NamedWeights = std::vector<std::pair<std::string, double>>;

// The `limit` largest of `weights`, [n], of `synapses`; largest first.
NamedWeights largest_weights(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                             std::size_t limit);

// The final numbers of one neuron: a row of the table.
struct NeuronReport {
  double local_accuracy = 0;      // in [0, 1], of the whole test set, without the network
  double network_accuracy = 0;    // in [0, 1], with the network
  double test_loss = 0;           // of the local path
  double images_per_second = 0;   // of training
  std::int64_t steps = 0;         // trained by this run
  std::int64_t steps_helped = 0;  // of these, steps in which others' answers arrived
  std::uint64_t answers_ok = 0;
  std::uint64_t answers_failed = 0;
  std::string checkpoint;
  NamedWeights weights;
};

// Whether others answered so rarely that the network's accuracy says nothing about the network:
// in less than a tenth of the steps.
bool hardly_helped(const NeuronReport& report);

// The last line that a neuron shows.
std::string to_text(const NeuronReport& report);

nlohmann::json to_json(const NeuronReport& report);
// {"3f2a91c0": 0.53, ...}
nlohmann::json to_json(const NamedWeights& weights);

}  // namespace bittensor
