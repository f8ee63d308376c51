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

  // What is not plain momentum, or cannot descend(), is left to torch.
  torch::Tensor step(LossClosure closure = nullptr) override;

 private:
  bool takes(const at::Tensor& parameter) const;
};

// Whether both are dense float32 on the CPU, and the gradient of `parameter`, too; `velocity`, of
// the same shape, may be undefined.
bool can_descend(const at::Tensor& parameter, const at::Tensor& velocity);

// velocity = momentum * velocity + gradient; parameter -= rate * velocity; in one pass. Needs
// can_descend() and a gradient.
void descend(const at::Tensor& parameter, const at::Tensor& velocity, double rate, double momentum);

// Forgets the gradients instead of writing zeros, which backward() would read again.
void forget_gradients(torch::optim::Optimizer& optimizer);

}  // namespace bittensor
