// SPDX-License-Identifier: MIT
//
// A header that is taken describes tensors that lie in the file.
#include <cstddef>
#include <cstdint>

#include "bittensor/base/check.h"
#include "bittensor/toolbox/safetensors_header.h"
#include "bittensor/toolbox/tensor_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view file(reinterpret_cast<const char*>(data), size);
  const auto header = bittensor::parse_safetensors_header(file);
  if (!header.ok()) return 0;
  for (const auto& tensor : header->tensors) {
    BITTENSOR_CHECK(tensor.begin <= tensor.end && tensor.end <= size);
    BITTENSOR_CHECK(static_cast<std::size_t>(*bittensor::element_count(tensor.shape)) *
                        c10::elementSize(tensor.dtype) ==
                    tensor.end - tensor.begin);
  }
  return 0;
}
