// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "torch/optim/adamw.h"

namespace bittensor {

// The optimizer that BERTs are fine-tuned with (Devlin et al. 2018, arXiv:1810.04805, appendix
// A.3): AdamW, whose weight decay leaves biases and norms alone, over gradients that are summed up
// over several mini-batches and clipped.
//
// Parameters beside the model, which begin from nothing, learn faster and are clipped by
// themselves: what they do changes nothing of the model's course. Not thread-safe.
class FineTuning : public torch::optim::AdamW {
 public:
  struct Options {
    double learning_rate = 5e-5;
    double weight_decay = 0.01;
    double max_gradient_norm = 1;      // of the model's gradients together; 0: they are not clipped
    std::int64_t accumulate = 1;       // mini-batches of a step; their gradients' mean counts
    double learning_rate_beside = 20;  // of parameters beside the model, in learning rates
  };

  FineTuning(const Options& options, const std::vector<torch::Tensor>& model,
             const std::vector<torch::Tensor>& beside);

  // Takes the parameters' gradients. Changes the parameters in each `accumulate`-th call.
  torch::Tensor step(LossClosure closure = nullptr) override;

 private:
  // Adds the gradients to what is kept; true if these were the last ones, and all are there now.
  bool accumulate();
  // Of the groups from `first` on, two of them.
  std::vector<torch::Tensor> of_groups(std::size_t first);

  const Options options_;
  std::int64_t batches_ = 0;         // whose gradients are kept
  std::vector<torch::Tensor> kept_;  // by parameter; undefined where there was none
};

}  // namespace bittensor
