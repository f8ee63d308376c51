// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/container/flat_hash_map.h"

#include "bittensor/router/router.h"
#include "bittensor/synapse/answer.h"

namespace bittensor {

// Joins what peers of the same task predict with what the neuron itself does, and keeps count of
// who is right.
//
// Not thread-safe.
class Predictions {
 public:
  // The network's prediction: log-probabilities [batch, classes], for each row the mean of this
  // neuron's own (logits `own` [batch, classes]) and its peers' probabilities. Each counts by
  // trust * exp(energy), energy = log sum exp(logits - their mean): what only one has learnt, only
  // one is sure of (the energy of Liu et al. 2020, "Energy-based out-of-distribution detection",
  // arXiv 2010.03759). A peer's trust is how often it was right on this neuron's own labels, and
  // its score for the row relative to the mean score; the neuron trusts itself fully: beginners,
  // or old copies, do not outvote one that has learnt. However sure a peer is, that raises its say
  // to at most e^4 times the neuron's own, times its trust and score. Undefined if no peer gave a
  // prediction. No gradient.
  at::Tensor join(const Route& route, const std::vector<Answer>& answers,
                  const at::Tensor& own) const;

  // Takes note of how right each peer was about `labels` (int64 [batch], negative: unknown), and
  // gives what each is worth, [n] on the CPU, in sum 1 as `otherwise` (contribution_shares()):
  // those that predict divide what they have there together by the probability of the right class
  // beyond chance, the others keep theirs.
  at::Tensor learn(const Route& route, const std::vector<Answer>& answers, const at::Tensor& labels,
                   const at::Tensor& otherwise);

  // The running mean of the probability that `peer` gave to the right class, at least 0.1.
  double trust(const PublicKey& peer) const;

 private:
  struct Record {
    double right = 0;
    int batches = 0;
  };

  absl::flat_hash_map<PublicKey, Record> records_;
};

}  // namespace bittensor
