// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/toolbox/state.h"

namespace bittensor {

// The state of a training run. docs/checkpoints.md describes the file.
struct Checkpoint {
  std::string kind;                           // what model it is of, e.g. "mnist"
  std::map<std::string, std::string> config;  // what it was trained with: for the reader
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  double best_test_loss = std::numeric_limits<double>::infinity();  // infinite: not tested yet
  StateDict synapse;
  StateDict router;
  OptimizerState optimizer;
  // What else the neuron needs to resume; may be empty:
  //   "random"         uint8, the state of libtorch's generator on the CPU
  //   "weighted_keys"  uint8 [n, 32], the synapses that this neuron values, by public key
  //   "weights"        float32 [n], how much
  StateDict neuron;
};

// Where save_checkpoint() keeps the previous file.
std::string previous_path(const std::string& path);

// Writes the file at `path`, whole or not at all, even after a crash of the process or the
// machine or with a full disk; what was there stays under previous_path(). Folders are
// created. Errors name the path and the reason, and leave both files as they are;
// kInvalidArgument if a text is not UTF-8 or a tensor is not dense or has an element type
// that the file does not know. Blocks until the disk has it. The tensors must not change meanwhile.
absl::Status save_checkpoint(const std::string& path, const Checkpoint& checkpoint);

// Reads the file, on the CPU. kNotFound if it is absent, kDataLoss naming it if it is not
// a checkpoint or not as it was written. Takes memory in proportion to the file at most.
absl::StatusOr<Checkpoint> load_checkpoint(const std::string& path);

// As load_checkpoint(), but with the previous file in its place if that can be read and the
// newest cannot: with a warning in the log. kNotFound if neither exists.
absl::StatusOr<Checkpoint> load_latest(const std::string& path);

// Copies the checkpoint into the model, or changes nothing and says with kInvalidArgument
// what does not fit: `kind` is not its kind, or parameters are missing, unexpected or
// shaped differently. `router` and `optimizer` may be null: then theirs is not restored.
absl::Status restore(const Checkpoint& checkpoint, absl::string_view kind,
                     torch::nn::Module& synapse, torch::nn::Module* router,
                     torch::optim::Optimizer* optimizer);

}  // namespace bittensor
