// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace bittensor {

// What became of one neuron of a swarm.
struct SwarmRow {
  std::string key;        // hexadecimal; empty if it never started
  nlohmann::json report;  // what it reported, an object; null: nothing
  std::string failure;    // why it ended too early; empty: it did not
};

// A line for each neuron, numbered from 0; columns in which nobody has anything are left out. Of
// the weights a line shows the three largest, by the number of the neuron that has them, or the
// short key of one outside the swarm. Where that leaves some out, and there are few neurons, all
// weights follow as a matrix.
std::string swarm_table(const std::vector<SwarmRow>& rows);

// What joining was worth on average, in words: one line, empty if nobody reported.
std::string swarm_summary(const std::vector<SwarmRow>& rows);

}  // namespace bittensor
