// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace bittensor {

// The size of the terminal at standard output; 80 x 24 if it does not say.
struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

TerminalSize terminal_size();

// Whether standard output is a terminal.
bool is_terminal();

}  // namespace bittensor
