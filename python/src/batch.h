// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ATen/core/Tensor.h"

#include "bittensor/synapse/inputs.h"

namespace bittensor::python {

// A batch as Python gives it: a tensor, or a list of str.
using Batch = std::variant<at::Tensor, std::vector<std::string>>;

// "text", "image" or "tensor"; a ValueError for anything else.
Modality modality_of(const std::string& name);

// A TypeError for a tensor where text is wanted, and the reverse.
Inputs inputs_of(Modality modality, Batch batch);
Batch batch_of(const Inputs& inputs);

inline at::Tensor or_undefined(std::optional<at::Tensor> tensor) {
  return tensor ? *std::move(tensor) : at::Tensor();
}

}  // namespace bittensor::python
