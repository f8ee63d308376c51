// SPDX-License-Identifier: MIT
//
// The state of neurons as lines on a terminal, to be drawn again and again in place.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// One neuron, on some lines: progress, losses with their trend, accuracies, the axon, what it waits
// for, and its peers, at most `rows` lines of at most `columns` columns.
std::vector<std::string> live_view(const NeuronState& state, std::size_t columns, std::size_t rows);

// One neuron on one line of many, below live_heading().
std::string live_row(const NeuronState& state, std::size_t columns);
std::string live_heading(std::size_t columns);

// The last values of a curve as a row of `width` blocks, the lowest and highest of them its range:
// "█▆▄▃▂▁▁".
std::string trend(const std::vector<double>& values, std::size_t width);

// `text` without what is beyond `columns` characters.
std::string cut(absl::string_view text, std::size_t columns);

}  // namespace bittensor
