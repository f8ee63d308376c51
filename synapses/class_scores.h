// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ATen/core/Tensor.h"

#include "bittensor/neuron/mini_batch.h"

namespace bittensor {

// How good a classifier is, beside its accuracy.
struct ClassScores {
  double f1 = 0;        // mean over the classes of 2 hits / (said + true): macro F1
  double matthews = 0;  // Matthews' correlation, of several classes by Gorodkin 2004; 0: by chance
};

// Adds what scores_of() needs of a batch: `logits` [batch, classes], `labels` int64 [batch].
void count_classes(const at::Tensor& logits, const at::Tensor& labels, TestSums& sums);

// From the means of what was counted (TestResult::more), of `classes` classes.
ClassScores scores_of(const std::map<std::string, double>& means, std::int64_t classes);

}  // namespace bittensor
