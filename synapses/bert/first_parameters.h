// SPDX-License-Identifier: MIT
//
// What a model that is trained from nothing need not learn. A transformer of random parameters
// spends its first thousands of steps at the unigram entropy, until its attention finds the words
// beside the one that was hidden; a small model on one core has no more steps than that.
#pragma once

#include "ATen/core/Tensor.h"
#include "synapses/bert/heads.h"

namespace bittensor {

// Each token is expected as often as it was counted, int64 [vocabulary], where nothing else is
// known.
void expect_as_counted(BertForPreTraining& model, const at::Tensor& counts);

// The heads of the first layer begin by looking at one neighbour each: one before, one behind, two
// before, two behind, and so on. Positions begin as sines and cosines in the first head's worth
// of dimensions, of frequencies evenly spaced up to pi: there a position that is moved by k is a
// rotation, the query is that rotation, and all other positions of the nearest 2 x head size are
// orthogonal. Nothing is fixed: all of it is trained. (The idea of beginning attention as it is
// found after training is Trockman and Kolter's, 2023, arXiv:2305.09828; the rotation is that of
// Vaswani et al. 2017, arXiv:1706.03762, section 3.5.)
void look_at_neighbours(BertForPreTraining& model, const BertConfig& config);

}  // namespace bittensor
