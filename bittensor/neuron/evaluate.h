// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "bittensor/neuron/mini_batch.h"
#include "bittensor/neuron/training.h"

namespace bittensor {

// Has `forward` compute the local path of each of the `batches` mini-batches of a test set, or, if
// `network`, their network path, without gradients. Cut short when a stop is requested: Training
// counts no such result.
TestResult evaluate(const MakeMiniBatch& test, std::int64_t batches, bool network,
                    const std::function<void(MiniBatch&)>& forward);

}  // namespace bittensor
