// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

namespace bittensor {

// The final numbers of one neuron: a row of the table.
struct NeuronReport {
  double local_accuracy = 0;     // in [0, 1], of the whole test set, without the network
  double network_accuracy = 0;   // in [0, 1], with the network
  double test_loss = 0;          // of the local path
  double images_per_second = 0;  // of training
  std::uint64_t answers_ok = 0;
  std::uint64_t answers_failed = 0;
  std::string checkpoint;
  std::vector<std::pair<std::string, double>> weights;  // short key of a synapse, its weight
};

nlohmann::json to_json(const NeuronReport& report);
// {"3f2a91c0": 0.53, ...}
nlohmann::json to_json(const std::vector<std::pair<std::string, double>>& weights);

}  // namespace bittensor
