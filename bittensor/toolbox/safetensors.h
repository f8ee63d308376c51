// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// The tensors of a .safetensors file (github.com/huggingface/safetensors). Their elements stay
// in the mapped file: reading costs nothing until they are touched, and the file must not be
// cut meanwhile. kInvalidArgument, naming file and tensor, if it is damaged.
absl::StatusOr<TensorMap> read_safetensors(const std::string& path);

// Writes `tensors`, from any device, with {"format": "pt"} as Hugging Face's readers want it.
// The file is whole or not there. kInvalidArgument for a dtype that the format lacks.
absl::Status write_safetensors(const std::string& path, const TensorMap& tensors);

}  // namespace bittensor
