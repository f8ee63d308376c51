// SPDX-License-Identifier: MIT
#include "bittensor/neuron/adamw.h"

#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/nn/utils/convert_parameters.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using torch::optim::AdamWOptions;

// The parameters of a model in one row, after six steps with a falling rate: `First` makes three,
// and what it knows goes on with `Then`.
template <typename First, typename Then>
at::Tensor trained_by(const AdamWOptions& options) {
  torch::manual_seed(3);
  torch::nn::Linear model(70, 50);
  First first(model->parameters(), options);
  Then then(model->parameters(), options);
  for (int i = 0; i < 6; ++i) {
    torch::optim::Optimizer& optimizer =
        i < 3 ? static_cast<torch::optim::Optimizer&>(first) : then;
    if (i == 3) {
      for (auto& [key, state] : first.state()) then.state()[key] = state->clone();
    }
    for (auto& group : optimizer.param_groups()) group.options().set_lr(0.1 / (i + 1));
    model->zero_grad();
    model->forward(torch::rand({3, 70})).square().sum().backward();
    optimizer.step();
  }
  return torch::nn::utils::parameters_to_vector(model->parameters());
}

TEST(AdamW, GivesTheNumbersOfTorch) {
  using Torch = torch::optim::AdamW;
  for (const double decay : {0.0, 0.1}) {
    const auto options = AdamWOptions(0.1).weight_decay(decay);
    const at::Tensor torchs = trained_by<Torch, Torch>(options);
    EXPECT_TRUE(torch::allclose((trained_by<AdamW, AdamW>(options)), torchs, 1e-4, 1e-5));
    EXPECT_TRUE(torch::allclose((trained_by<Torch, AdamW>(options)), torchs, 1e-4, 1e-5));
    EXPECT_TRUE(torch::allclose((trained_by<AdamW, Torch>(options)), torchs, 1e-4, 1e-5));
  }
}

TEST(AdamW, LeavesOtherVariantsToTorch) {
  const auto amsgrad = AdamWOptions(0.1).amsgrad(true);
  EXPECT_TRUE(torch::equal((trained_by<AdamW, AdamW>(amsgrad)),
                           (trained_by<torch::optim::AdamW, torch::optim::AdamW>(amsgrad))));
}

TEST(AdamW, WithoutAGradientNoStep) {
  torch::nn::Linear model(4, 4);
  AdamW optimizer(model->parameters(), AdamWOptions(0.1));
  const at::Tensor before = model->weight.detach().clone();
  optimizer.step();
  EXPECT_TRUE(torch::equal(model->weight, before));
  EXPECT_TRUE(optimizer.state().empty());
}

}  // namespace
}  // namespace bittensor
