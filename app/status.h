// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace bittensor {

// Adds `bittensor status`, which says what the neurons of this machine do, from their status files.
// Returns what runs it, if it was asked for.
std::function<absl::Status()> add_status(CLI::App& app);

}  // namespace bittensor
