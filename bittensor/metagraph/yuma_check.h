// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/status.h"

#include "bittensor/metagraph/yuma.h"

namespace bittensor {

// Whether an epoch of them can be computed; yuma.h says what is wrong with others.
absl::Status check_yuma(const YumaNeurons& neurons, const YumaParameters& parameters);

}  // namespace bittensor
