// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "datasets/share.h"

#include "bittensor/neuron/options.h"

namespace bittensor {

// What only this example can be told.
struct BertOptions {
  std::string task = "pretrain";  // or "classify"
  std::string model;              // "small", "tiny", or the folder of a trained one
  std::string vocab;
  ShareOptions share;

  // Of "classify".
  std::int64_t max_length = 128;
  std::string precision = "float32";
  std::int64_t accumulate = 1;
  double weight_decay = 0.01;
  double clip = 1;
  std::int64_t freeze = -1;
  std::string save_folder;
};

// Options that the user left as they are get what suits the task.
absl::Status pretrain(NeuronOptions options, const BertOptions& bert);
absl::Status classify(NeuronOptions options, const BertOptions& bert);

}  // namespace bittensor
