// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "bittensor/base/executor.h"

namespace bittensor {

// Which of several nodes to ask next: the one in use as long as it works; after a failure the
// one whose pause ends first, in the user's order. The pause of a node doubles with each failure
// in a row.
//
// Not thread-safe.
class EndpointRotation {
 public:
  EndpointRotation(std::size_t endpoints, Duration first_pause, Duration longest_pause);

  struct Turn {
    std::size_t endpoint = 0;
    TimePoint when;  // not to be asked before
  };
  Turn next() const;

  void succeeded(std::size_t endpoint);
  void failed(std::size_t endpoint, TimePoint now);

 private:
  struct State {
    Duration pause{};  // zero: it works, or was not tried
    TimePoint until{};
  };
  const Duration first_pause_;
  const Duration longest_pause_;
  std::vector<State> states_;
};

}  // namespace bittensor
