// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/router/router.h"
#include "bittensor/synapse/answer.h"

namespace bittensor {

// What each synapse's answers are worth: by how much the loss would rise without them, [n] on the
// CPU. Negative for one that does harm, 0 for one that was not asked or did not answer.
//
// Without synapse j the join moves from c to c - s_j / (1 - s_j) (a_j - c), where s_j is its share
// of the row. The loss follows to first order by the gradient of c: the criterion "gradient x
// activation" of Molchanov et al. 2017, "Pruning convolutional neural networks for resource
// efficient inference", arXiv 1611.06440, section 2.2, with a peer's answer for a feature map.
//
// `network_context` is what Router::join() gave for `route` and `answers`, after backward(); its
// gradient is kept by calling retain_grad() before. Zeros if it has none.
at::Tensor contributions(const Route& route, const std::vector<Answer>& answers,
                         const at::Tensor& network_context);

// Weights from contributions: the squares of their positive parts, in sum 1, since what is small is
// mostly chance; of one peer alone 1. Nobody gets less than 1e-4, so that one that was asked in
// vain differs from one that was never asked. If nobody's is positive all get that little: mixed
// into running weights it leaves their proportions as they were.
at::Tensor contribution_shares(const at::Tensor& contributions);

// Each synapse's mean score among those that answered, [n] on the CPU, in sum at most 1.
at::Tensor score_shares(const Route& route, const std::vector<Answer>& answers);

}  // namespace bittensor
