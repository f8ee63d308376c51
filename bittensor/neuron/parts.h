// SPDX-License-Identifier: MIT
//
// From what the user said to the options of each part, so that the example
// programs need not repeat it.
#pragma once

#include "absl/status/statusor.h"

#include "bittensor/axon/axon.h"
#include "bittensor/base/file_lock.h"
#include "bittensor/dendrite/dendrite.h"
#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/options.h"

namespace bittensor {

Axon::Options axon_options(const NeuronOptions& options);
Metagraph::Options metagraph_options(const NeuronOptions& options);
Dendrite::Options dendrite_options(const NeuronOptions& options);

// Where checkpoints go: --save_model, or the key file's name with ".pt".
std::string checkpoint_path(const NeuronOptions& options);

// Keeps a second neuron from using the same key. kFailedPrecondition says so.
absl::StatusOr<FileLock> lock_key(const NeuronOptions& options);

// Blocks until `metagraph` knows options.min_peers others, at most 30 s or until a stop
// is requested. Says in the log if they did not come.
void wait_for_peers(const Metagraph& metagraph, const NeuronOptions& options);

}  // namespace bittensor
