// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/synapse/synapse.h"

namespace bittensor {

// What others' backward calls ask of a synapse's parameters, summed until the
// neuron that trains it takes the sum into its own step.
//
// Thread-safe. Holds one tensor a parameter, however many calls there were.
class ParameterGradients {
 public:
  // The gradient of one call is scaled down to `max_norm`, over all parameters: no
  // stranger can ask for more.
  explicit ParameterGradients(double max_norm) : max_norm_(max_norm) {}

  // Adds the gradients of one call, in the order of Module::parameters(); an undefined
  // one counts as zero. kInvalidArgument, and nothing is added, if a value is not finite
  // or the shapes are not those of the calls before.
  absl::Status add(const std::vector<at::Tensor>& gradients) BITTENSOR_EXCLUDES(mutex_);

  // Adds the sum to the `grad` of the parameters of `synapse`, to be called before the
  // optimizer's step by the thread that trains it, and begins anew. How many calls were in
  // it; 0: nothing is changed, as is a parameter that does not require a gradient.
  std::int64_t take_into(Synapse& synapse) BITTENSOR_EXCLUDES(mutex_);

  // Blocks until there is something to take, `timeout` at most; whether there is.
  bool wait(Duration timeout) BITTENSOR_EXCLUDES(mutex_);

 private:
  const double max_norm_;
  Mutex mutex_;
  std::condition_variable_any added_;
  std::vector<at::Tensor> sum_ BITTENSOR_GUARDED_BY(mutex_);
  std::int64_t calls_ BITTENSOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace bittensor
