// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace bittensor {

// Turns SIGINT (Ctrl-C) and SIGTERM into a flag, so that a program
// ends by its own steps: saves, tells others, stops. A second signal ends it at once.
class StopSignal {
 public:
  // Installs the handlers, for the rest of the process. Call it before threads start.
  static void install();

  static bool requested();

  // Blocks until a stop is requested or `timeout` has passed; true if requested.
  static bool wait_for(std::chrono::milliseconds timeout);
};

}  // namespace bittensor
