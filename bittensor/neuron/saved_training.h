// SPDX-License-Identifier: MIT
//
// What a neuron that is started again finds of its training.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/metagraph/metagraph.h"
#include "bittensor/neuron/options.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {

// Where a training run stood, and the best model it had.
struct SavedTraining {
  std::string path;        // of `last`, as the user knows it
  Checkpoint last;         // to go on from
  double best_test_loss;   // that the next epoch must beat to be kept
  StateDict best_synapse;  // to be served; empty: that of `last`
};

// --load_model, or else the later of the neuron's two checkpoints (parts.h); none if it has
// none or is told to start from scratch. A damaged one is passed over with a warning if the
// other can be read. kDataLoss if there are only damaged ones: then the user decides.
absl::StatusOr<std::optional<SavedTraining>> find_saved_training(const NeuronOptions& options);

// The section "neuron" of a checkpoint (checkpoint.h): the state of libtorch's generator on
// the CPU, and the weights in `metagraph` unless it is null.
StateDict neuron_state(const Metagraph* metagraph);

// Their way back. kInvalidArgument, and nothing changed, if a tensor is not of its form; what
// is not in `state` stays as it is.
absl::Status restore_weights(const StateDict& state, Metagraph& metagraph);
absl::Status restore_random(const StateDict& state);

}  // namespace bittensor
