// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "bittensor/watch/neuron_state.h"

namespace bittensor {

// Leaves each `stride`-th of `points`, oldest first, and the first and the latest. What a test
// found cannot be guessed from its neighbours: while there are no more than a hundred such points,
// they all stay.
void thin(std::vector<NeuronState::Point>& points, std::size_t stride);

}  // namespace bittensor
