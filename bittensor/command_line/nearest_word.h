// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace bittensor {

// The one of `words` that is most like `typed`, or "" if none is near: at most two letters, and not
// more than half of them, added, left out, changed or swapped with their neighbour.
std::string nearest_word(absl::string_view typed, const std::vector<std::string>& words);

// "; did you mean WORD?" with the nearest of `words`, or "" if none is near.
std::string did_you_mean(absl::string_view typed, const std::vector<std::string>& words);

}  // namespace bittensor
