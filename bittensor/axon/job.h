// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

#include "bittensor/base/executor.h"
#include "bittensor/synapse/inputs.h"
#include "bittensor/synapse/served_synapse.h"
#include "bittensor/wallet/keys.h"

namespace bittensor {

// One admitted request on its way through the axon: checked in shape and
// values, not yet computed.
struct Job {
  // What the caller gets.
  struct Result {
    at::Tensor tensor;      // the output, or the gradient of the inputs; undefined: not wanted
    at::Tensor prediction;  // [rows, classes], if wanted
    bool learned = false;   // a Backward whose gradient changes the model
  };

  Inputs inputs;
  at::Tensor output_gradient;              // defined: a Backward
  std::shared_ptr<ServedSynapse> synapse;  // the one served when the request came
  double priority = 0;                     // larger first
  TimePoint deadline;                      // when the caller stops waiting
  std::size_t bytes = 0;
  bool wants_prediction = false;
  bool wants_input_gradient = true;  // of a Backward
  // Of a Backward: whether the model learns from it, and under whose name the gradient is summed.
  bool teaches = false;
  PublicKey teacher;
  // Runs once, on the worker.
  std::function<void(absl::StatusOr<Result>)> done;

  bool is_backward() const { return output_gradient.defined(); }
};

// Whether two jobs may be computed as one batch: same direction, modality, dtype, row
// shape, synapse and, of gradients, same teacher. Text is never joined: padding would change the
// answers.
bool same_kind(const Job& a, const Job& b);

}  // namespace bittensor
