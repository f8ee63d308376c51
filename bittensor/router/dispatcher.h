// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/synapse/answer.h"
#include "bittensor/synapse/inputs.h"

namespace bittensor {

// A batch, split into a mini-batch for each of n synapses.
struct Split {
  std::vector<at::Tensor> rows;  // n times int64 [rows_i], on the CPU: ascending rows of the batch
  std::vector<Inputs> requests;  // n times those rows of the inputs
};

// `asked`: bool [batch, n], which rows go to which synapse; batch is that of `inputs`. The tensors
// of the requests are slices of one tensor, and the inputs themselves if everybody gets all rows.
// Differentiable.
Split split(const at::Tensor& asked, const Inputs& inputs);

// What an answer to one request must look like to be joined.
struct AnswerShape {
  Modality modality = Modality::kTensor;
  std::int64_t network_dim = 0;
  // Of text: each answer is cut, or filled with zeros, to this length. 0: the longest answer's,
  // or 1 if there is none.
  std::int64_t sequence = 0;
};

// The network context, [batch, network_dim]; text [batch, sequence, network_dim]: for each row the
// mean of the answers it got, weighted by `scores` [batch, n]. An answer that is not ok, or not of
// the shape asked for, counts as none: the scores of the others are scaled up to sum to 1. A row
// without an answer is zeros. The gradient goes to the scores and to the answers that count.
at::Tensor join(const at::Tensor& scores, const std::vector<at::Tensor>& rows,
                const std::vector<Answer>& answers, const AnswerShape& shape);

}  // namespace bittensor
