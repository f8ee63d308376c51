// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"
#include "torch/nn/module.h"

#include "bittensor/base/executor.h"
#include "bittensor/base/mutex.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// What others' gradients would change in the parameters of a synapse, one sum per teacher, until
// the neuron that trains it takes them into its own step.
//
// Thread-safe. Holds one set of parameters per teacher, however many calls there were, no more than
// kMaxTeachers of them and, beyond the first, no more than `max_bytes`: a large model has fewer
// teachers at a time.
class TaughtGradients {
 public:
  static constexpr std::size_t kMaxTeachers = 64;

  struct Taught {
    PublicKey from;
    std::vector<at::Tensor> sum;  // in the order of Module::parameters(); undefined: zero
    std::int64_t calls = 0;
  };

  // The gradient of one call is scaled down to `max_norm`, over all parameters: nobody can ask for
  // more.
  explicit TaughtGradients(double max_norm, std::size_t max_bytes = std::size_t{512} << 20)
      : max_norm_(max_norm), max_bytes_(max_bytes) {}

  // Adds the gradients of one call. kInvalidArgument, and nothing is added, if a value is not
  // finite or the shapes are not those of the calls before; kResourceExhausted if too many teach.
  absl::Status add(const PublicKey& from, const std::vector<at::Tensor>& gradients)
      BITTENSOR_EXCLUDES(mutex_);

  // The sums so far, one per teacher; starts over.
  std::vector<Taught> take() BITTENSOR_EXCLUDES(mutex_);

  // Blocks until there is something to take, `timeout` at most; returns whether there is.
  bool wait(Duration timeout) BITTENSOR_EXCLUDES(mutex_);

 private:
  const double max_norm_;
  const std::size_t max_bytes_;
  Mutex mutex_;
  std::condition_variable_any added_;
  std::map<PublicKey, Taught> sums_ BITTENSOR_GUARDED_BY(mutex_);
  std::size_t bytes_ BITTENSOR_GUARDED_BY(mutex_) = 0;  // of all sums
};

// The norm over all gradients; an undefined one counts as zero.
double norm_of(const std::vector<at::Tensor>& gradients);

// Adds `factor` times `gradients` to the `grad` of `parameters`, in their order. A parameter that
// does not require a gradient stays as it is.
void add_gradients(const std::vector<at::Tensor>& gradients, double factor,
                   const std::vector<at::Tensor>& parameters);

}  // namespace bittensor
