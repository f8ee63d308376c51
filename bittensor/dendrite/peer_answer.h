// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "ATen/core/Tensor.h"

namespace bittensor {

// What came back from one call to one peer, checked.
struct PeerAnswer {
  PeerAnswer() = default;
  PeerAnswer(at::Tensor of) : tensor(std::move(of)) {}  // NOLINT: an answer is mostly its tensor

  at::Tensor tensor;      // the output, or the gradient of the inputs
  at::Tensor prediction;  // logits [rows, classes]; undefined: none, or of another task
  bool learned = false;   // the peer keeps the lesson, or its model learns from the gradient
};

}  // namespace bittensor
