// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "ATen/core/Tensor.h"

namespace bittensor {

// Scales the gradients of `parameters` so that their norm, all together, is at most `max_norm`, as
// torch::nn::utils::clip_grad_norm_ does, which writes them also where they are short enough.
// Returns the norm that they had. Parameters without a gradient do not count.
double clip_gradients(const std::vector<at::Tensor>& parameters, double max_norm);

}  // namespace bittensor
