// SPDX-License-Identifier: MIT
#include "bittensor/neuron/report.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "torch/types.h"

namespace bittensor {

NamedWeights largest_weights(const std::vector<SynapseRecord>& synapses, const at::Tensor& weights,
                             std::size_t limit) {
  NamedWeights named;
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    named.emplace_back(synapses[i].key.short_hex(),
                       weights[static_cast<std::int64_t>(i)].item<double>());
  }
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  named.resize(std::min(named.size(), limit));
  return named;
}

bool hardly_helped(const NeuronReport& report) {
  return report.steps > 0 && 10 * report.steps_helped < report.steps;
}

std::string to_text(const NeuronReport& report) {
  std::string text = absl::StrFormat("local test accuracy %.2f %%  ", 100 * report.local_accuracy);
  if (hardly_helped(report)) {
    absl::StrAppendFormat(&text,
                          "network path hardly trained (others answered in %d of %d steps)  ",
                          report.steps_helped, report.steps);
  } else {
    absl::StrAppendFormat(&text, "network test accuracy %.2f %%  ", 100 * report.network_accuracy);
  }
  absl::StrAppendFormat(&text, "test loss %.4f  %.0f samples/s  answers %d ok %d failed  weights",
                        report.test_loss, report.images_per_second, report.answers_ok,
                        report.answers_failed);
  for (const auto& [key, weight] : report.weights) {
    absl::StrAppendFormat(&text, " %s %.3f", key, weight);
  }
  absl::StrAppendFormat(&text, "  checkpoint %s", report.checkpoint);
  return text;
}

nlohmann::json to_json(const NamedWeights& weights) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [key, weight] : weights) json[key] = weight;
  return json;
}

nlohmann::json to_json(const NeuronReport& report) {
  return {{"local_accuracy", report.local_accuracy},
          {"network_accuracy", report.network_accuracy},
          {"hardly_helped", hardly_helped(report)},
          {"test_loss", report.test_loss},
          {"images_per_second", report.images_per_second},
          {"steps", report.steps},
          {"steps_helped", report.steps_helped},
          {"answers_ok", report.answers_ok},
          {"answers_failed", report.answers_failed},
          {"checkpoint", report.checkpoint},
          {"weights", to_json(report.weights)}};
}

}  // namespace bittensor
