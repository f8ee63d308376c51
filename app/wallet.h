// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace bittensor {

// Adds `bittensor wallet create|recover|show|sign|verify|export`. What is returned does what was
// asked for, once the command line is read; it does nothing if that was something else.
std::function<absl::Status()> add_wallet(CLI::App& app);

}  // namespace bittensor
