// SPDX-License-Identifier: MIT
#pragma once

#include "absl/status/status.h"

namespace bittensor {

// A node's refusal of an extrinsic, with the name of Subtensor's reason where the node only has its
// number ("Custom error: 6"): metadata does not know these names.
absl::Status with_reason(const absl::Status& refusal);

}  // namespace bittensor
