// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// What a file is that was taken for a model's, by its first bytes, and what to do about it: "a Git
// LFS pointer, not the file itself: git lfs pull fetches it". Empty if that cannot be told.
std::string what_it_is(absl::string_view bytes);

// OK unless the file at `path` is one of those: then kInvalidArgument, which says which. kNotFound
// if it is not there.
absl::Status check_is_not_wrong(const std::string& path);

// What a folder is, or holds in the place of a model that transformers saved for PyTorch: "is a
// LoRA adapter: ...", "holds model.gguf: a GGUF file, ...", "has parameters for TensorFlow alone
// ...". Empty if that cannot be told.
std::string what_folder_is(const std::string& folder);

}  // namespace bittensor
