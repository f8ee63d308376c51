// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace bittensor::testing {

// What a runtime answers for a subnet of `count` neurons, unwrapped. Neuron i has incentive i,
// stake (i + 1) * 10^9 + i, is served at 10.0.x.y:8091 and set weights in block 1000 + i.
std::string neurons_lite(std::uint16_t netuid, std::uint16_t count);

}  // namespace bittensor::testing
