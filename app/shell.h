// SPDX-License-Identifier: MIT
#pragma once

#include "app/commands.h"

namespace bittensor {

// `bittensor completion bash|zsh`, `manual` and `version`: what a shell and man know of the
// program. `app` must outlive the actions.
Action add_completion(CLI::App& app);
Action add_manual(CLI::App& app);
Action add_version(CLI::App& app);

}  // namespace bittensor
