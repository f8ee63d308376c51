// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace bittensor {

// What a file is that was taken for a model's, by its first bytes, and what to do about it: "a Git
// LFS pointer, not the file itself: git lfs pull fetches it". Empty if that cannot be told.
std::string what_it_is(absl::string_view bytes);

}  // namespace bittensor
