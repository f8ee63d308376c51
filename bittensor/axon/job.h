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

namespace bittensor {

// One admitted request on its way through the axon: checked in shape and
// values, not yet computed.
struct Job {
  Inputs inputs;
  at::Tensor output_gradient;              // defined: a Backward
  std::shared_ptr<ServedSynapse> synapse;  // the one served when the request came
  double priority = 0;                     // larger first
  TimePoint deadline;                      // when the caller stops waiting
  std::size_t bytes = 0;
  // Gets the output or the gradient; runs once, on the worker.
  std::function<void(absl::StatusOr<at::Tensor>)> done;

  bool is_backward() const { return output_gradient.defined(); }
};

// Whether two jobs may be computed as one batch: same direction, modality, dtype, row
// shape and synapse. Text is never joined: padding would change the answers.
bool same_kind(const Job& a, const Job& b);

}  // namespace bittensor
