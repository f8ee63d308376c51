// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string>

namespace bittensor {

// Where programs keep what they can make or fetch again: $BITTENSOR_CACHE, or
// $XDG_CACHE_HOME/bittensor, or ~/.cache/bittensor.
inline std::string cache_folder() {
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const auto own = environment("BITTENSOR_CACHE"); !own.empty()) return own;
  if (const auto xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/bittensor";
  const auto home = environment("HOME");
  return (home.empty() ? "." : home) + "/.cache/bittensor";
}

}  // namespace bittensor
