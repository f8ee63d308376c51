// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

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
  // Logits [rows, classes] of the asker's task; undefined if the peer has another, or none.
  at::Tensor prediction;
  // Under which the peer keeps the inputs for a gradient (Dendrite::teach); 0: it does not.
  std::uint64_t call_id = 0;
  Duration took{};
};

}  // namespace bittensor
