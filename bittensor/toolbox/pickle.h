// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "c10/core/ScalarType.h"

namespace bittensor {

// What Python's pickle says about one tensor that torch.save wrote.
struct PickledTensor {
  std::string name;
  std::string storage;  // key of the bytes it lies in
  at::ScalarType dtype = at::kFloat;
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;  // of its first element in the storage, in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements
};

// Read pickles of parameters without running them: a pickle is a program, and these know only
// the few instructions, and of all Python's names only the few, that a dictionary of tensors
// needs. kPermissionDenied, with the name, for any other; kInvalidArgument for what is damaged;
// kResourceExhausted beyond a million values. `size`, if not null, receives the pickle's
// length: another may follow it.

// A dictionary of tensors by name, or one that holds it as "state_dict" or "model_state_dict". Each
// tensor is checked to lie within its storage.
absl::StatusOr<std::vector<PickledTensor>> read_state_dict(absl::string_view pickle,
                                                           std::size_t* size = nullptr);

// A list of strings.
absl::StatusOr<std::vector<std::string>> read_string_list(absl::string_view pickle,
                                                          std::size_t* size = nullptr);

// Any value that needs no Python name; only its length is of interest.
absl::StatusOr<std::size_t> skip_pickle(absl::string_view pickle);

}  // namespace bittensor
