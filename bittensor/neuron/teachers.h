// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/axon/taught_gradients.h"
#include "bittensor/neuron/learning.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// Lets what others teach into a step, as far as its neuron believes them, and keeps count of who
// taught what.
//
// With LearnFrom::kKnown gradients are added as they are. With kEarned each teacher's gradient is
// kept apart, scaled to the norm of the neuron's own, and counts by max(0, cosine with the own
// gradient) (FLTrust, arXiv 2012.13995, with the own batch as root data) and by the teacher's
// weight in this neuron's row relative to the mean; all together are not longer than the own one.
// A gradient that points away from what the own data says does nothing.
//
// Not thread-safe: it belongs to the training thread.
class Teachers {
 public:
  // Of one teacher, since the start.
  struct Count {
    std::int64_t gradients = 0;  // calls whose gradients were taken
    std::int64_t lessons = 0;    // rows that were learnt
    double trust = 0;            // the mean of the last gradients' cosines; 1 of a known one
  };

  explicit Teachers(LearnFrom learn_from) : learn_from_(learn_from) {}

  // Adds what `taught` says to the `grad` of `parameters`, which hold the own gradient. `weight` is
  // that of a teacher's synapse relative to the mean, 1 for one without.
  void add(const std::vector<TaughtGradients::Taught>& taught,
           const std::vector<at::Tensor>& parameters,
           const std::function<double(const PublicKey&)>& weight);

  void count_lessons(const PublicKey& from, std::int64_t rows) { counts_[from].lessons += rows; }

  const std::map<PublicKey, Count>& counts() const { return counts_; }

 private:
  void add_earned(const std::vector<TaughtGradients::Taught>& taught,
                  const std::vector<at::Tensor>& parameters,
                  const std::function<double(const PublicKey&)>& weight);

  const LearnFrom learn_from_;
  std::map<PublicKey, Count> counts_;
};

}  // namespace bittensor
