// SPDX-License-Identifier: MIT
#include "datasets/labelled_images.h"

#include <algorithm>

#include "torch/types.h"

namespace bittensor {

LabelledImages LabelledImages::first(std::int64_t count) const {
  const std::int64_t kept = std::clamp<std::int64_t>(count, 0, size());
  return {images.narrow(0, 0, kept), labels.narrow(0, 0, kept)};
}

LabelledImages LabelledImages::rows(const at::Tensor& index) const {
  return {images.index_select(0, index), labels.index_select(0, index)};
}

}  // namespace bittensor
