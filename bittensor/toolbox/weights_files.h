// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// The parameters of a published model. `path`: a file that safetensors or torch.save wrote, told
// apart by what is in it; or a folder, by transformers' names: model.safetensors, its pieces by
// model.safetensors.index.json, pytorch_model.bin, its pieces by pytorch_model.bin.index.json, the
// first that is there. Their elements stay in the mapped files, as with read_safetensors().
//
// kNotFound if there is none; kInvalidArgument for what is damaged or something else, which is
// named where it can be told (a LoRA adapter, a GGUF file, an LFS pointer, a web page). A piece is
// a file of the same folder, never elsewhere.
absl::StatusOr<TensorMap> read_weights(const std::string& path);

}  // namespace bittensor
