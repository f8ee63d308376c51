// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "bittensor/chain/hyperparameters.h"
#include "bittensor/chain/neurons.h"

namespace bittensor {

// `weights`, (uid, any number >= 0), as a subnet takes them: the largest is 65,535, those that
// round to nothing are left out, unless the subnet wants so many. None is above the share
// that the subnet allows, as far as that can be. kInvalidArgument if a weight is negative or not
// finite, a uid comes twice or is not there, or there is no positive one; kFailedPrecondition if
// the subnet wants more weights than there are neurons in `weights`; all neurons of it are enough.
absl::StatusOr<ChainWeightRow> chain_weights(std::vector<std::pair<std::uint16_t, double>> weights,
                                             const SubnetHyperparameters& subnet);

}  // namespace bittensor
