// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "datasets/batches.h"
#include "torch/torch.h"

#include "bittensor/base/stop_signal.h"
#include "bittensor/neuron/training.h"

namespace bittensor {

// Runs `forward` on all of `test`, without gradients, on `device`. forward(Batch) returns
// logits [batch, classes] and the mean loss of the batch, a scalar. Cut short when a stop is
// requested: Training counts no such result.
template <typename Forward>
TestResult evaluate(Batches& test, const torch::Device& device, const Forward& forward) {
  const torch::NoGradGuard no_grad;
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double loss = 0;
  for (std::int64_t i = 0; i < test.per_epoch() && !StopSignal::requested(); ++i) {
    Batch batch = test.at(i);
    batch.images = batch.images.to(device);
    batch.labels = batch.labels.to(device);
    const std::int64_t size = batch.labels.size(0);
    const auto [logits, batch_loss] = forward(batch);
    samples += size;
    correct += (logits.argmax(1) == batch.labels).sum().template item<std::int64_t>();
    loss += batch_loss.template item<double>() * static_cast<double>(size);
  }
  return {loss / static_cast<double>(samples),
          static_cast<double>(correct) / static_cast<double>(samples)};
}

}  // namespace bittensor
