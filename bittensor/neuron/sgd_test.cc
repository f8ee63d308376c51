// SPDX-License-Identifier: MIT
#include "bittensor/neuron/sgd.h"

#include "gtest/gtest.h"
#include "torch/nn/modules/linear.h"
#include "torch/nn/utils/convert_parameters.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// Trains `model` five steps with a falling rate; its parameters in one row.
template <typename Optimizer>
at::Tensor trained(const torch::optim::SGDOptions& options) {
  torch::manual_seed(3);
  torch::nn::Linear model(7, 5);
  Optimizer optimizer(model->parameters(), options);
  for (int i = 0; i < 5; ++i) {
    for (auto& group : optimizer.param_groups()) group.options().set_lr(0.1 / (i + 1));
    forget_gradients(optimizer);
    model->forward(torch::rand({3, 7})).square().sum().backward();
    optimizer.step();
  }
  return torch::nn::utils::parameters_to_vector(model->parameters());
}

TEST(Sgd, GivesTheNumbersOfTorch) {
  const auto momentum = torch::optim::SGDOptions(0.1).momentum(0.9);
  EXPECT_TRUE(torch::allclose(trained<Sgd>(momentum), trained<torch::optim::SGD>(momentum)));
}

TEST(Sgd, LeavesOtherVariantsToTorch) {
  const auto nesterov = torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true);
  EXPECT_TRUE(torch::equal(trained<Sgd>(nesterov), trained<torch::optim::SGD>(nesterov)));
  const auto plain = torch::optim::SGDOptions(0.1);
  EXPECT_TRUE(torch::equal(trained<Sgd>(plain), trained<torch::optim::SGD>(plain)));
}

TEST(Sgd, StateIsThatOfTorch) {
  torch::nn::Linear model(4, 4);
  Sgd optimizer(model->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  model->forward(torch::rand({2, 4})).sum().backward();
  optimizer.step();
  EXPECT_EQ(optimizer.state().size(), 2u);
  forget_gradients(optimizer);
  EXPECT_FALSE(model->weight.grad().defined());
  const at::Tensor before = model->weight.detach().clone();
  optimizer.step();
  EXPECT_TRUE(torch::equal(model->weight, before)) << "no gradient, no step";
}

// The velocity of a slow step lies in memory as its gradient did.
template <typename Optimizer>
at::Tensor after_a_transposed_gradient() {
  torch::manual_seed(3);
  at::Tensor parameter = torch::rand({5, 7}).requires_grad_();
  Optimizer optimizer(std::vector<at::Tensor>{parameter},
                      torch::optim::SGDOptions(0.1).momentum(0.9));
  parameter.mutable_grad() = torch::rand({7, 5}).t();
  optimizer.step();
  parameter.mutable_grad() = torch::rand({5, 7});
  optimizer.step();
  return parameter.detach();
}

TEST(Sgd, GivesTheNumbersOfTorchAfterASlowStep) {
  EXPECT_TRUE(torch::allclose(after_a_transposed_gradient<Sgd>(),
                              after_a_transposed_gradient<torch::optim::SGD>()));
}

// Or a graph that was made before the step would use parameters of after it.
TEST(Sgd, AutogradNoticesTheStep) {
  torch::nn::Linear model(4, 4);
  Sgd optimizer(model->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  const at::Tensor inputs = torch::rand({2, 4}).requires_grad_();
  const at::Tensor earlier = model->forward(inputs).sum();
  model->forward(inputs).sum().backward();
  optimizer.step();
  EXPECT_THROW(earlier.backward(), c10::Error);
}

}  // namespace
}  // namespace bittensor
