// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bittensor/command_line/command_tree.h"

namespace bittensor {

// The manual page of `program` with all its commands, section 1, in the language of man(7).
// `version` is shown in its footer.
std::string manual_page(const CommandEntry& program, const std::string& version);

}  // namespace bittensor
