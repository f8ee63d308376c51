// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// What is known of one neuron after a run.
struct ReportedNeuron {
  NeuronState state;
  // Its final numbers (neuron/report.h), an object; null if it has none. A field "confusion" is
  // how often each class (row) was taken for each (column).
  nlohmann::json report;
};

// A page about a run, for a browser: the table, curves, confusion, who helped whom, what happened,
// and `command`, which repeats it. One file: nothing in it is fetched from anywhere.
std::string report_page(const std::string& title, const std::vector<ReportedNeuron>& neurons,
                        const std::string& command);

// The command line of this process, quoted for a shell.
std::string command_line();

}  // namespace bittensor
