// SPDX-License-Identifier: MIT
#include "bittensor/chain/rpc/endpoint_rotation.h"

#include <algorithm>

#include "bittensor/base/check.h"

namespace bittensor {

EndpointRotation::EndpointRotation(std::size_t endpoints, Duration first_pause,
                                   Duration longest_pause)
    : first_pause_(first_pause), longest_pause_(longest_pause), states_(endpoints) {
  BITTENSOR_CHECK(endpoints > 0) << "no endpoint";
}

EndpointRotation::Turn EndpointRotation::next() const {
  const auto first =
      std::min_element(states_.begin(), states_.end(),
                       [](const State& a, const State& b) { return a.until < b.until; });
  return {static_cast<std::size_t>(first - states_.begin()), first->until};
}

void EndpointRotation::succeeded(std::size_t endpoint) {
  states_[endpoint] = {};
}

void EndpointRotation::failed(std::size_t endpoint, TimePoint now) {
  State& state = states_[endpoint];
  state.pause = std::clamp(2 * state.pause, first_pause_, longest_pause_);
  state.until = now + state.pause;
}

}  // namespace bittensor
