// SPDX-License-Identifier: MIT
#pragma once

#include "app/commands.h"

namespace bittensor {

// Adds `bittensor wallet create|recover|show|sign|verify|export`.
Action add_wallet(CLI::App& app);

}  // namespace bittensor
