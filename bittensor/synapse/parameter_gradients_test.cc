// SPDX-License-Identifier: MIT
#include "bittensor/synapse/parameter_gradients.h"

#include "gtest/gtest.h"
#include "torch/torch.h"

#include "bittensor/synapse/served_synapse.h"

namespace bittensor {
namespace {

using std::chrono_literals::operator""ms;

constexpr double kAnyNorm = 1e9;

class Affine : public Synapse {
 public:
  Affine() : linear_(register_module("linear", torch::nn::Linear(3, 2))) {}
  Schema schema() const override { return {Modality::kTensor, at::kFloat, {3}, 2}; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override { return linear_(inputs); }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Affine>(); }

 private:
  torch::nn::Linear linear_;
};

std::vector<at::Tensor> gradients_of(const torch::nn::Module& module) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : module.parameters()) gradients.push_back(parameter.grad());
  return gradients;
}

TEST(ParameterGradients, OfBackwardCallsAreThoseOfLocalTraining) {
  torch::manual_seed(1);
  Affine model;
  const auto sum = std::make_shared<ParameterGradients>(kAnyNorm);
  ServedSynapse served(model, sum);
  const at::Tensor a = torch::rand({4, 3}), b = torch::rand({2, 3});
  ASSERT_TRUE(served.backward(Inputs::of_tensor(a), torch::ones({4, 2})).ok());
  ASSERT_TRUE(served.backward(Inputs::of_tensor(b), torch::ones({2, 2})).ok());
  EXPECT_EQ(sum->take_into(model), 2);
  const std::vector<at::Tensor> taken = gradients_of(model);

  model.zero_grad();
  (model.forward_tensor(a).sum() + model.forward_tensor(b).sum()).backward();
  const std::vector<at::Tensor> wanted = gradients_of(model);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_TRUE(torch::allclose(taken[i], wanted[i])) << i;
  }
}

TEST(ParameterGradients, AreAddedToThoseThatAreThere) {
  Affine model;
  model.forward_tensor(torch::ones({1, 3})).sum().backward();
  const at::Tensor before = model.parameters()[0].grad().clone();
  ParameterGradients sum(kAnyNorm);
  ASSERT_TRUE(sum.add({torch::ones({2, 3}), at::Tensor()}).ok());
  EXPECT_EQ(sum.take_into(model), 1);
  EXPECT_TRUE(torch::equal(model.parameters()[0].grad(), before + 1));
  EXPECT_EQ(sum.take_into(model), 0);  // Taken once.
  EXPECT_TRUE(torch::equal(model.parameters()[0].grad(), before + 1));
}

TEST(ParameterGradients, ACallCannotAskForMoreThanTheNorm) {
  Affine model;
  ParameterGradients sum(/*max_norm=*/2);
  ASSERT_TRUE(sum.add({torch::full({2, 3}, 1e6F), torch::zeros({2})}).ok());
  sum.take_into(model);
  EXPECT_NEAR(model.parameters()[0].grad().norm().item<double>(), 2, 1e-4);
}

TEST(ParameterGradients, ThatAreNotFiniteOrOfAnotherShapeAreRefusedWhole) {
  ParameterGradients sum(kAnyNorm);
  ASSERT_TRUE(sum.add({torch::ones({2, 3}), torch::ones({2})}).ok());
  EXPECT_FALSE(sum.add({torch::full({2, 3}, NAN), torch::ones({2})}).ok());
  EXPECT_FALSE(sum.add({torch::ones({2, 3}), torch::ones({5})}).ok());
  EXPECT_FALSE(sum.add({torch::ones({2, 3})}).ok());
  Affine model;
  EXPECT_EQ(sum.take_into(model), 1);
  EXPECT_TRUE(torch::equal(model.parameters()[1].grad(), torch::ones({2})));
}

TEST(ParameterGradients, WaitEndsWithTheFirstCallOrWithItsTime) {
  ParameterGradients sum(kAnyNorm);
  EXPECT_FALSE(sum.wait(0ms));
  ASSERT_TRUE(sum.add({torch::ones({1})}).ok());
  EXPECT_TRUE(sum.wait(0ms));
}

TEST(ParameterGradients, ASynapseServedWithoutThemChangesNothing) {
  Affine model;
  ServedSynapse served(model);
  ASSERT_TRUE(served.backward(Inputs::of_tensor(torch::rand({1, 3})), torch::ones({1, 2})).ok());
  EXPECT_FALSE(model.parameters()[0].grad().defined());
}

}  // namespace
}  // namespace bittensor
