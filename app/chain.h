// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace bittensor {

// Adds `bittensor chain status|neurons|register|serve|weights|transfer`. What is returned does
// what was asked for, once the command line is read; it does nothing if that was something else.
// What spends, or changes the chain, says so first and asks.
std::function<absl::Status()> add_chain(CLI::App& app);

}  // namespace bittensor
