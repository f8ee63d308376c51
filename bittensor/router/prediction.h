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
  // neuron's own (logits `own` [batch, classes]), which count 1, and its peers' probabilities, each
  // by its trust, its score for the row relative to the mean score, and its say: exp(half of what
  // its energy exceeds the own by), energy = log sum exp(logits - their mean). What only one has
  // learnt, only one is sure of (the energy of Liu et al. 2020, "Energy-based out-of-distribution
  // detection", arXiv 2010.03759). However sure a peer is, its say is e^4 at most. Undefined if no
  // peer gave a prediction. No gradient.
  at::Tensor join(const Route& route, const std::vector<Answer>& answers,
                  const at::Tensor& own) const;

  // Takes note of how right each peer was about `labels` (int64 [batch], negative: unknown) beside
  // the neuron itself (logits `own` [batch, classes]; undefined: all rows count alike), and gives
  // what each is worth, [n] on the CPU, in sum 1 as `otherwise` (contribution_shares()): those that
  // predict divide what they have there together by the probability of the right class beyond
  // chance, the others keep theirs.
  at::Tensor learn(const Route& route, const std::vector<Answer>& answers, const at::Tensor& labels,
                   const at::Tensor& own, const at::Tensor& otherwise);

  // In [0, 1]: how far beyond chance `peer` was right on this neuron's own labels, each row counted
  // by the say that the peer had there. So a liar cannot be loud where it is wrong; and one that is
  // quiet, since these are none of the classes it knows, keeps most of the trust of a newcomer.
  double trust(const PublicKey& peer, std::int64_t classes) const;

 private:
  // Sums over the rows, each batch's as their mean; older batches count less and less.
  struct Record {
    double said = 0;   // say
    double right = 0;  // say times the probability of the right class
  };

  absl::flat_hash_map<PublicKey, Record> records_;
};

}  // namespace bittensor
