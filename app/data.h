// SPDX-License-Identifier: MIT
#pragma once

#include "app/commands.h"

namespace bittensor {

// `bittensor data list|get|verify`.
Action add_data(CLI::App& app);

}  // namespace bittensor
