// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ATen/core/Tensor.h"

namespace bittensor {

// One gradient to fetch: of the inputs of call `call`, given the gradient of its output.
struct GradientRequest {
  std::size_t call;
  at::Tensor output_gradient;
};

// Fetches all gradients at the same time, blocking. Undefined for one that failed.
using FetchGradients = std::function<std::vector<at::Tensor>(const std::vector<GradientRequest>&)>;

// Makes the answers of a whole fan-out differentiable with ONE autograd node, so that the
// backward calls travel at the same time too. inputs[i] and outputs[i] belong to call i; an
// undefined output is a call that failed and gets no gradient. Does nothing if gradients are
// switched off or no input requires one. Second derivatives are not available.
void attach_fan_out_gradient(const std::vector<at::Tensor>& inputs,
                             std::vector<at::Tensor>& outputs, FetchGradients fetch);

}  // namespace bittensor
