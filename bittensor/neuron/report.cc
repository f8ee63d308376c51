// SPDX-License-Identifier: MIT
#include "bittensor/neuron/report.h"

namespace bittensor {

nlohmann::json to_json(const std::vector<std::pair<std::string, double>>& weights) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [key, weight] : weights) json[key] = weight;
  return json;
}

nlohmann::json to_json(const NeuronReport& report) {
  return {
      {"local_accuracy", report.local_accuracy}, {"network_accuracy", report.network_accuracy},
      {"test_loss", report.test_loss},           {"images_per_second", report.images_per_second},
      {"answers_ok", report.answers_ok},         {"answers_failed", report.answers_failed},
      {"checkpoint", report.checkpoint},         {"weights", to_json(report.weights)}};
}

}  // namespace bittensor
