// SPDX-License-Identifier: MIT
#include "synapses/bert/fine_tuning.h"

#include "gtest/gtest.h"
#include "torch/types.h"

namespace bittensor {
namespace {

struct Parameters {
  torch::Tensor matrix = torch::ones({2, 2}).requires_grad_();
  torch::Tensor bias = torch::ones({2}).requires_grad_();
  torch::Tensor beside = torch::ones({2}).requires_grad_();

  FineTuning optimizer(FineTuning::Options options) const {
    options.learning_rate = 0.01;
    return {options, {matrix, bias}, {beside}};
  }
  void set_gradients(double value) {
    for (torch::Tensor* parameter : {&matrix, &bias, &beside}) {
      parameter->mutable_grad() = torch::full_like(*parameter, value);
    }
  }
};

double first(const torch::Tensor& tensor) {
  return tensor.flatten()[0].item<double>();
}

// Of Adam's first step the length is the learning rate, whatever the gradient.
TEST(FineTuning, MatricesDecayAndOthersDoNot) {
  Parameters p;
  FineTuning::Options options;
  options.weight_decay = 0.5;
  FineTuning optimizer = p.optimizer(options);
  p.set_gradients(1);
  optimizer.step();
  EXPECT_NEAR(first(p.matrix), 1 - 0.01 * 0.5 - 0.01, 1e-6);
  EXPECT_NEAR(first(p.bias), 1 - 0.01, 1e-6);
}

TEST(FineTuning, WhatIsBesideTheModelLearnsFaster) {
  Parameters p;
  FineTuning optimizer = p.optimizer({});
  p.set_gradients(1);
  optimizer.step();
  EXPECT_NEAR(first(p.beside), 1 - 0.2, 1e-6);
  EXPECT_EQ(optimizer.param_groups()[3].options().get_lr(), 0.01);  // as the schedule set it
}

TEST(FineTuning, GradientsOfSeveralBatchesMakeAStep) {
  Parameters together;
  Parameters apart;
  FineTuning::Options options;
  options.max_gradient_norm = 0;
  FineTuning at_once = together.optimizer(options);
  options.accumulate = 2;
  FineTuning in_two = apart.optimizer(options);
  for (int step = 0; step < 3; ++step) {
    together.set_gradients(2 + step);
    at_once.step();
    apart.set_gradients(1 + step);
    in_two.step();
    EXPECT_NE(first(apart.matrix), first(together.matrix));
    apart.set_gradients(3 + step);
    in_two.step();
    EXPECT_NEAR(first(apart.matrix), first(together.matrix), 1e-6);
  }
}

TEST(FineTuning, ModelIsClippedWithoutRegardToWhatIsBeside) {
  Parameters p;
  FineTuning::Options options;
  options.max_gradient_norm = 1;
  FineTuning optimizer = p.optimizer(options);
  p.set_gradients(0.1);
  p.beside.mutable_grad().fill_(1000);
  optimizer.step();
  EXPECT_NEAR(first(p.matrix.grad()), 0.1, 1e-6);  // a norm of 0.24
  EXPECT_NEAR(p.beside.grad().norm().item<double>(), 1, 1e-4);
}

TEST(FineTuning, FrozenParametersStay) {
  Parameters p;
  p.matrix.requires_grad_(false);
  FineTuning::Options options;
  options.accumulate = 2;
  FineTuning optimizer = p.optimizer(options);
  for (int i = 0; i < 2; ++i) {
    p.bias.mutable_grad() = torch::ones({2});
    optimizer.step();
  }
  EXPECT_EQ(first(p.matrix), 1);
  EXPECT_LT(first(p.bias), 1);
}

}  // namespace
}  // namespace bittensor
