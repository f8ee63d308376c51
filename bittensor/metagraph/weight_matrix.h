// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/metagraph/statement.h"

namespace bittensor {

// How neurons value each other's synapses: row i, column j is what neuron i thinks of the
// synapse of neuron j, in [0, 1].
struct WeightMatrix {
  std::vector<PublicKey> keys;  // of rows and columns
  at::Tensor weights;           // float32 [n, n]
};

// The matrix of `keys` out of their `rows`; what is not in them is zero.
WeightMatrix make_weight_matrix(std::vector<PublicKey> keys,
                                const std::vector<std::pair<PublicKey, WeightRow>>& rows);

}  // namespace bittensor
