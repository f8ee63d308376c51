// SPDX-License-Identifier: MIT
#include "bittensor/neuron/clip_gradients.h"

#include "gtest/gtest.h"
#include "torch/nn/utils/clip_grad.h"
#include "torch/types.h"

namespace bittensor {
namespace {

std::vector<at::Tensor> with_gradients(const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& gradient : gradients) {
    parameters.push_back(torch::zeros(gradient.sizes()).requires_grad_());
    parameters.back().mutable_grad() = gradient.clone();
  }
  parameters.push_back(torch::zeros({3}).requires_grad_());  // without a gradient
  return parameters;
}

TEST(ClipGradients, GivesTheNumbersOfTorch) {
  const std::vector<at::Tensor> gradients = {torch::randn({5, 7}), torch::randn({9})};
  for (const double max_norm : {0.5, 1e3}) {
    const auto ours = with_gradients(gradients);
    const auto theirs = with_gradients(gradients);
    const double norm = torch::nn::utils::clip_grad_norm_(theirs, max_norm);
    EXPECT_NEAR(clip_gradients(ours, max_norm), norm, 1e-4);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      EXPECT_TRUE(torch::allclose(ours[i].grad(), theirs[i].grad())) << max_norm;
    }
  }
}

}  // namespace
}  // namespace bittensor
