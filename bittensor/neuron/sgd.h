// SPDX-License-Identifier: MIT
#pragma once

#include "torch/optim/sgd.h"

namespace bittensor {

// torch's stochastic gradient descent with momentum, with the same numbers and the
// same state in checkpoints, but with fewer trips through memory: for a model of
// linear layers and small batches those take a third of a step.
//
// Not thread-safe; computes with libtorch's threads.
class Sgd : public torch::optim::SGD {
 public:
  using torch::optim::SGD::SGD;

  // What is not plain momentum over dense float32 on the CPU is left to torch.
  torch::Tensor step(LossClosure closure = nullptr) override;

 private:
  bool takes(const at::Tensor& parameter) const;
};

// Forgets the gradients instead of writing zeros, which backward() would read again.
void forget_gradients(torch::optim::Optimizer& optimizer);

}  // namespace bittensor
