// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"

namespace bittensor {

enum class Modality { kText, kImage, kTensor };

// "text", "image", "tensor"
const char* to_string(Modality modality);

// A batch of what a synapse is asked about, of any modality.
struct Inputs {
  Modality modality = Modality::kTensor;
  at::Tensor tensor;              // image: [batch, channels, rows, cols]; tensor: [batch, ...]
  std::vector<std::string> text;  // text: UTF-8, one a row

  static Inputs of_text(std::vector<std::string> text) {
    return {Modality::kText, {}, std::move(text)};
  }
  static Inputs of_image(at::Tensor images) { return {Modality::kImage, std::move(images), {}}; }
  static Inputs of_tensor(at::Tensor tensor) { return {Modality::kTensor, std::move(tensor), {}}; }

  std::int64_t batch() const {
    if (modality == Modality::kText) return static_cast<std::int64_t>(text.size());
    return tensor.defined() && tensor.dim() > 0 ? tensor.size(0) : 0;
  }

  // The rows that `index` (int64 [n]) names, in its order. Differentiable. Throws c10::Error if
  // a row is not in [0, batch).
  Inputs rows(const at::Tensor& index) const;
};

}  // namespace bittensor
