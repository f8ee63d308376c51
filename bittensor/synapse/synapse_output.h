// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"

namespace bittensor {

// What one training or test step of a synapse gives. The network's fields are undefined in a test
// step of the local path, and wherever nobody answered.
struct SynapseOutput {
  at::Tensor loss;               // scalar: what backward() starts from
  at::Tensor local_output;       // [batch, network_dim], student as context
  at::Tensor local_target;       // logits, [batch, classes]
  at::Tensor local_target_loss;  // scalar
  // [batch, network_dim], from the network context alone, held to [-1, 1]: the model's own context
  // has no part in it (docs/adr/0006).
  at::Tensor network_output;
  at::Tensor network_target;       // logits, [batch, classes]
  at::Tensor network_target_loss;  // scalar, of network_target
  // The joined predictions of peers of the same task and of the model itself, log-probabilities
  // [batch, classes]; undefined where there are none.
  at::Tensor network_prediction;
  at::Tensor distillation_loss;  // scalar: how far the student is from the network context
};

}  // namespace bittensor
