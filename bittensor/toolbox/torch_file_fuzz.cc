// SPDX-License-Identifier: MIT
//
// Tensors that are found in a file lie in it. The checksums of a zip archive stop most changed
// files early, so the pickle alone is tried, too.
#include <cstddef>
#include <cstdint>

#include "bittensor/base/check.h"
#include "bittensor/toolbox/pickle.h"
#include "bittensor/toolbox/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view file(reinterpret_cast<const char*>(data), size);
  if (const auto tensors = bittensor::read_state_dict(file); tensors.ok()) {
    for (const auto& tensor : *tensors) {
      BITTENSOR_CHECK(tensor.offset <= tensor.storage_elements);
    }
  }
  const auto found = bittensor::parse_torch_file(file);
  if (!found.ok()) return 0;
  for (const auto& [name, tensor] : *found) {
    if (*bittensor::element_count(tensor.shape) == 0) continue;
    std::size_t elements = 1;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      elements += static_cast<std::size_t>((tensor.shape[i] - 1) * tensor.strides[i]);
    }
    BITTENSOR_CHECK(tensor.begin <= size);
    BITTENSOR_CHECK(elements * c10::elementSize(tensor.dtype) <= size - tensor.begin) << name;
  }
  return 0;
}
