// SPDX-License-Identifier: MIT
#pragma once

#include "ATen/core/Tensor.h"
#include "absl/status/status.h"

#include "bittensor/base/executor.h"

namespace bittensor {

// What one peer said about one mini-batch.
struct Answer {
  // Not ok: the peer was late, gone, refused, or talked nonsense.
  absl::Status status;
  // [rows, network_dim], text [rows, sequence, network_dim]. Zeros if status is not ok.
  at::Tensor output;
  Duration took{};
};

}  // namespace bittensor
