// SPDX-License-Identifier: MIT
#pragma once

#include "bench/peers.h"
#include "bench/timing.h"

namespace bittensor::bench {

// A feed-forward block of a transformer, Linear(1024, 4096) - GELU - Linear(4096, 1024): what
// hivemind's benchmarks call an expert. The same parameters wherever it is made.
std::shared_ptr<Synapse> make_expert();

// Forward and backward through a peer that serves make_expert(): many clients with one sample each,
// and one with a large batch, against the module in this process.
void expert(const Peers& peer, Results& results);

}  // namespace bittensor::bench
