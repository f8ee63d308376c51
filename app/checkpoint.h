// SPDX-License-Identifier: MIT
#pragma once

#include "app/commands.h"

namespace bittensor {

// `bittensor checkpoint list|show|export`.
Action add_checkpoint(CLI::App& app);

}  // namespace bittensor
