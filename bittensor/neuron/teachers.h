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
// With LearnFrom::kKnown gradients are added as they are, all together no longer than kMaxNorm:
// what a slow neuron is taught during one long step does not throw it off. With kEarned each
// teacher's gradient is kept apart, scaled to the norm of the neuron's own, and counts by max(0,
// cosine with the own gradient) (FLTrust, arXiv 2012.13995, with the own batch as root data) and by
// the teacher's weight in this neuron's row relative to the mean, at most 1; all together are not
// longer than the own one. A gradient that points away from what the own data says does nothing.
//
// A lesson says more of itself than its gradient does: it has labels, and the neuron an opinion of
// them. judge() believes a teacher as far as its labels surprise the neuron less than guessing
// would. Its cosine would say next to nothing once the neuron knows its own data by heart: it is
// 0.15 in the first steps and then 0, for the honest as well.
//
// Not thread-safe: it belongs to the training thread.
class Teachers {
 public:
  // Of one teacher, since the start.
  struct Count {
    std::int64_t gradients = 0;  // calls whose gradients were taken
    std::int64_t lessons = 0;    // rows that were learnt
    double trust = 0;            // the mean of the last gradients' cosines; 1 of a known one
    std::int64_t judged = 0;     // lessons whose loss was looked at
    double lesson_loss = 0;      // the mean of the last lessons', as judged before they were learnt
  };

  static constexpr float kMaxNorm = 10;

  // More are counted together, under the key of nobody.
  static constexpr std::size_t kMaxCounted = 1024;

  explicit Teachers(LearnFrom learn_from) : learn_from_(learn_from) {}

  // Adds what `taught` says to the `grad` of `parameters`, which hold the own gradient. `weight`,
  // in [0, 1], is how much a teacher counts whose gradient agrees in full.
  void add(const std::vector<TaughtGradients::Taught>& taught,
           const std::vector<at::Tensor>& parameters,
           const std::function<double(const PublicKey&)>& weight);

  // How far lessons of `from` are to be believed, in [0, 1], after one more of them on which the
  // neuron's own loss is `loss`: 1 - their mean loss / `guessing`, the loss of one that guesses.
  double judge(const PublicKey& from, double loss, double guessing);

  // Adds `factor` times the gradient of a lesson to the `grad` of `parameters`, which hold the own
  // gradient; no more of it than the longest that the own one was lately. Of right labels on inputs
  // as large as a float can be even a small loss has a gradient of any length.
  void add_lesson(const std::vector<at::Tensor>& gradient, double factor,
                  const std::vector<at::Tensor>& parameters);

  void count_lessons(const PublicKey& from, std::int64_t rows) { count_of(from).lessons += rows; }

  // Of known teachers the gradients are counted together, under the key of nobody.
  const std::map<PublicKey, Count>& counts() const { return counts_; }

 private:
  Count& count_of(const PublicKey& from);
  void add_earned(const std::vector<TaughtGradients::Taught>& taught,
                  const std::vector<at::Tensor>& parameters,
                  const std::function<double(const PublicKey&)>& weight);

  const LearnFrom learn_from_;
  double longest_ = 0;  // the norm of the own gradient at its longest, lately
  std::map<PublicKey, Count> counts_;
};

}  // namespace bittensor
