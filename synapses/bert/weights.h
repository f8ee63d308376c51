// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "torch/nn/module.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// How the names in a file and in a model match.
struct WeightsReport {
  std::vector<std::string> missing;     // the model has them, the file does not: left as they were
  std::vector<std::string> unexpected;  // the file has them, the model does not

  // "missing: a, b; unexpected: c"; empty if both lists are.
  std::string to_string() const;
};

// How parameters get what is in a file.
enum class WeightsMemory {
  kCopied,
  // Those of float32 become the tensors themselves: of a mapped file nothing is read before it is
  // needed, and what training writes are pages of its own.
  kShared,
};

// Puts `weights`, by bert_names() (names.h), into the parameters and buffers of `model` that
// have their names, with or without "bert.". The decoder's copy of the word embeddings is not
// unexpected in a model that has none. kInvalidArgument, with a list, if shapes
// differ; then the model is unchanged.
absl::StatusOr<WeightsReport> load_weights(const TensorMap& weights, torch::nn::Module& model,
                                           WeightsMemory memory = WeightsMemory::kCopied);

// The same from read_weights(path) (weights_files.h).
absl::StatusOr<WeightsReport> load_weights(const std::string& path, torch::nn::Module& model);

// Parameters and buffers of `model` by name; they share its memory.
TensorMap weights_of(const torch::nn::Module& model);

}  // namespace bittensor
