// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace bittensor {

// A data set as it lies in memory: raw pixels, so that all of MNIST takes 55 MB.
struct LabelledImages {
  at::Tensor images;  // uint8 [size, channels, rows, cols]
  at::Tensor labels;  // int64 [size]

  std::int64_t size() const { return labels.size(0); }

  // The first `count` samples, or all if there are fewer. Shares the memory.
  LabelledImages first(std::int64_t count) const;

  // A copy of the samples that `index` (int64 [n]) names, in its order. How neurons are
  // given data of their own. Every index must be in [0, size()).
  LabelledImages rows(const at::Tensor& index) const;
};

}  // namespace bittensor
