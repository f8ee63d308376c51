// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "torch/types.h"

#include "bittensor/synapse/synapse_output.h"
#include "bittensor/watch/watch.h"

namespace bittensor {

// A mean over the steps that had a value. A tensor, so that a GPU is not waited for at each step.
class LossMean {
 public:
  void add(const at::Tensor& value) {
    if (!value.defined()) return;  // a step without the network
    const at::NoGradGuard no_grad;
    sum_ = steps_ == 0 ? value.detach().clone() : sum_ + value;
    ++steps_;
  }

  // The mean since the last time; 0, or nothing, if there was no value.
  double take() { return take_if_any().value_or(0); }
  std::optional<double> take_if_any() {
    if (steps_ == 0) return std::nullopt;
    const double mean = sum_.item<double>() / steps_;
    *this = {};
    return mean;
  }

 private:
  at::Tensor sum_;
  int steps_ = 0;
};

// Tells a Watch the losses of training steps, as often as it wants them.
class WatchedLoss {
 public:
  // `steps` are done through all epochs; the last had `samples`, and gave `output`.
  void step_done(Watch& watch, const SynapseOutput& output, std::int64_t steps,
                 std::int64_t samples) {
    all_.add(output.loss);
    local_.add(output.local_target_loss);
    network_.add(output.network_target_loss);
    watch.step_done(steps, samples);
    if (!watch.wants_loss()) return;
    watch.add_loss({local_.take_if_any(), network_.take_if_any(), all_.take_if_any()});
  }

 private:
  LossMean all_, local_, network_;
};

}  // namespace bittensor
