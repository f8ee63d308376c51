// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"

namespace bittensor {

// What the network says about a batch.
struct NetworkView {
  at::Tensor context;  // the joined answers, [batch, network_dim], or text's [batch, sequence, ...]
  // The joined predictions, log-probabilities [batch, classes], this neuron's own among them;
  // undefined where no peer has the same task.
  at::Tensor prediction;
  // How far the student is to follow the network's predictions: 0 where they are no better than
  // the local path's own, up to 1.
  double trust = 1;
  // How much the path that sees `context` counts beside the local one where predictions are not
  // joined, in [0, 1]: half where both were as good lately.
  double say = 1;
};

}  // namespace bittensor
