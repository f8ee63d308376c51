// SPDX-License-Identifier: MIT
#include "bittensor/synapse/inputs.h"

#include "ATen/ATen.h"

namespace bittensor {

const char* to_string(Modality modality) {
  switch (modality) {
    case Modality::kText:
      return "text";
    case Modality::kImage:
      return "image";
    case Modality::kTensor:
      return "tensor";
  }
  return "unknown";
}

Inputs Inputs::rows(const at::Tensor& index) const {
  if (modality != Modality::kText) {
    return {modality, tensor.index_select(0, index.to(tensor.device())), {}};
  }
  const at::Tensor wanted = index.to(at::kCPU).contiguous();
  Inputs chosen = of_text({});
  chosen.text.reserve(wanted.numel());
  for (std::int64_t i = 0; i < wanted.numel(); ++i) {
    const std::int64_t row = wanted.data_ptr<std::int64_t>()[i];
    TORCH_CHECK_INDEX(row >= 0 && row < batch(), "row ", row, " of ", batch(), " rows of text");
    chosen.text.push_back(text[row]);
  }
  return chosen;
}

}  // namespace bittensor
