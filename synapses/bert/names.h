// SPDX-License-Identifier: MIT
#pragma once

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// `weights` of a BERT under the names that transformers gives them today, body under "bert.":
// whatever stands before the names ("module.", "model.", nothing at all), TensorFlow's gamma and
// beta, and its names as its checkpoints have them ("bert/encoder/layer_0/output/dense/kernel",
// whose matrices are turned). Left out is what says nothing about the model: position ids,
// optimizer states. Names that are no BERT's stay as they are.
TensorMap bert_names(const TensorMap& weights);

}  // namespace bittensor
