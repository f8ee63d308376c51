// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"

namespace bittensor {

// The label of a sample whose class is unknown, as cross_entropy's ignore_index in PyTorch.
inline constexpr std::int64_t kUnknownClass = -100;

// The mean cross-entropy of the samples whose label is known; 0 if there is none. `logits` [batch,
// classes], `labels` int64 [batch].
at::Tensor target_loss(const at::Tensor& logits, const at::Tensor& labels);

// How far the local path is from what the network thinks: the mean Kullback-Leibler divergence of
// Hinton et al. 2015, "Distilling the knowledge in a neural network", arXiv 1503.02531, at
// temperature 1. Samples that nobody labelled count in full, of the others the label knows more:
// they count as far as the network is to be trusted. `local`: logits; `teacher`: log-probabilities,
// which learn nothing from this.
at::Tensor prediction_loss(const at::Tensor& local, const at::Tensor& teacher,
                           const at::Tensor& labels, double trust);

}  // namespace bittensor
