// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// What `bittensor metagraph` says of one neuron, wherever it was read.
struct NeuronLine {
  std::string key;       // hexadecimal, or an address on a chain
  std::string address;   // host:port of its axon
  std::string modality;  // "image"; empty: it offers no synapse
  std::string shape;     // of one input: "1x28x28"
  std::string task;      // what it predicts, if it says so
  bool proven = false;   // it answered there, by its key
  double age_s = 0;      // since it made its record
  std::optional<double> latency_ms;
  double weight = 0;  // that the neuron that was asked gives it
  double rank = 0;    // in [0, 1], as the rest
  double trust = 0;
  double consensus = 0;
  double incentive = 0;
  double dividends = 0;
  std::vector<std::pair<std::string, double>> row;  // the weights it gives: (key, weight)
};

enum class TableForm { kTable, kJson, kCsv, kDot };

// By the column of that name, as kTable's head shows it; "-NAME" the largest first. Equals keep
// their order. kInvalidArgument, with the names, if there is no such column.
absl::Status sort_lines(std::vector<NeuronLine>& lines, absl::string_view column);

// As text, with a newline at its end: aligned columns, a JSON array (rows of weights included),
// RFC 4180's CSV, or the graph of weights for Graphviz. What strangers say of themselves is
// written so that it cannot be taken for more than text.
std::string text_of(const std::vector<NeuronLine>& lines, TableForm form);

}  // namespace bittensor
