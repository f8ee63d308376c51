// SPDX-License-Identifier: MIT
#include "bench/learning/odd_synapses.h"

#include <thread>

namespace bittensor::bench {

torch::Tensor LateSynapse::forward_image(const torch::Tensor& images) {
  std::this_thread::sleep_for(delay_);
  return torch::zeros({images.size(0), kDefaultNetworkDim});
}

}  // namespace bittensor::bench
