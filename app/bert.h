// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace bittensor {

// Adds what a trained BERT is asked with: `bittensor fill-mask|embed|similar|classify|answer`. What
// is returned does what was asked for, once the command line is read; it does nothing if that was
// something else.
std::function<absl::Status()> add_bert(CLI::App& app);

}  // namespace bittensor
