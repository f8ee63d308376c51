// SPDX-License-Identifier: MIT
#include "bittensor/neuron/evaluate.h"

#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/stop_signal.h"

namespace bittensor {

TestResult evaluate(const MakeMiniBatch& test, std::int64_t batches, bool network,
                    const std::function<void(MiniBatch&)>& forward) {
  const torch::NoGradGuard no_grad;
  TestSums sums;
  for (std::int64_t i = 0; i < batches && !StopSignal::requested(); ++i) {
    const auto batch = test(i);
    forward(*batch);
    batch->score(network, sums);
  }
  TestResult result;
  result.loss = sums["loss"].mean();
  result.accuracy = sums["accuracy"].mean();
  for (const auto& [name, sum] : sums) result.more[name] = sum.mean();
  return result;
}

}  // namespace bittensor
