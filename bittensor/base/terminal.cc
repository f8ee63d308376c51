// SPDX-License-Identifier: MIT
#include "bittensor/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace bittensor {

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

bool is_terminal() {
  return isatty(STDOUT_FILENO) != 0;
}

}  // namespace bittensor
