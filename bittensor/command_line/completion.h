// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bittensor/command_line/command_tree.h"

namespace bittensor {

// Scripts that make a shell complete the commands, options and choices of `program`, and files
// where a value may be anything. bash: `source <(bittensor completion bash)`.
std::string bash_completion(const CommandEntry& program);
// zsh: a file _NAME in a folder of $fpath, or `source` after compinit.
std::string zsh_completion(const CommandEntry& program);

}  // namespace bittensor
