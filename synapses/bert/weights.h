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

// Copies `weights` into the parameters and buffers of `model` that have their names. Also taken:
// TensorFlow's gamma and beta for a LayerNorm's weight and bias, and names with or without the
// "bert." that the model has the other way round. Position ids and the decoder's copy of the
// word embeddings, which some files hold, are not unexpected. kInvalidArgument, with a list, if
// shapes differ; then the model is unchanged.
absl::StatusOr<WeightsReport> load_weights(const TensorMap& weights, torch::nn::Module& model);

// The same from a folder's model.safetensors or else pytorch_model.bin, or from a file of either
// kind. kNotFound if there is neither.
absl::StatusOr<WeightsReport> load_weights(const std::string& path, torch::nn::Module& model);

// Parameters and buffers of `model` by name; they share its memory.
TensorMap weights_of(const torch::nn::Module& model);

}  // namespace bittensor
