// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/container/flat_hash_map.h"

#include "bittensor/router/router.h"
#include "bittensor/synapse/answer.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// The metagraph's weights as running means of what single batches say: of the last hundred or so,
// of fewer while there were fewer, so that a newcomer need not wait to be judged (the bias
// correction of Kingma and Ba 2014, "Adam", arXiv 1412.6980, section 3). With its first answer a
// newcomer begins at the mean of the others, where the gate already sees whoever has no weight,
// as if ten batches had said so: were it to begin at nothing, it would be asked too little to
// show what it is worth.
//
//   metagraph.set_weights(synapses, average.update(route, answers, weights, shares));
//
// Not thread-safe.
class WeightAverage {
 public:
  // The new weights, [n], from those so far and from `shares` [n], one batch's (of
  // contribution_shares() or score_shares()). A synapse that was not sent a row keeps its weight,
  // and one that never answered has none. One with a weight that was not in the last update counts
  // as well known: its weight comes from a checkpoint, or it was away.
  at::Tensor update(const Route& route, const std::vector<Answer>& answers,
                    const at::Tensor& weights, const at::Tensor& shares);

 private:
  absl::flat_hash_map<PublicKey, int> batches_;  // of those in the last update
};

}  // namespace bittensor
