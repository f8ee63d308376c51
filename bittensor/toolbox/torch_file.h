// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bittensor/toolbox/tensor_map.h"

namespace bittensor {

// A tensor by the name that a file gives it.
struct NamedMappedTensor {
  std::string name;
  MappedTensor tensor;
};

// Finds the tensors in the bytes of a file that torch.save made of a state_dict: a zip archive,
// or the form before PyTorch 1.6, in which files of that time still are. Nothing in it is run
// (pickle.h). Errors as in pickle.h and zip.h.
absl::StatusOr<std::vector<NamedMappedTensor>> parse_torch_file(absl::string_view file);

// The tensors of a pytorch_model.bin. Their elements stay in the mapped file, as with
// read_safetensors(). Errors name the file.
absl::StatusOr<TensorMap> read_torch_file(const std::string& path);

// Writes `tensors`, from any device, as torch.save() writes a state_dict: torch.load() gives a dict
// of tensors, with weights_only=True, too. The file is whole or not there. Errors name the file.
absl::Status write_torch_file(const std::string& path, const TensorMap& tensors);

}  // namespace bittensor
