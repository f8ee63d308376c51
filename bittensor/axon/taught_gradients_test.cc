// SPDX-License-Identifier: MIT
#include "bittensor/axon/taught_gradients.h"

#include "gtest/gtest.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/synapse/served_synapse.h"
#include "bittensor/wallet/wallet.h"

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

absl::Status teach(TaughtGradients& taught, ServedSynapse& served, const at::Tensor& inputs) {
  const auto found =
      served.gradients(Inputs::of_tensor(inputs), torch::ones({inputs.size(0), 2}), {false, true});
  return found.ok() ? taught.add(PublicKey(), found->parameters) : found.status();
}

TEST(TaughtGradients, AreThoseOfLocalTraining) {
  torch::manual_seed(1);
  Affine model;
  TaughtGradients taught(kAnyNorm);
  ServedSynapse served(model);
  const at::Tensor a = torch::rand({4, 3}), b = torch::rand({2, 3});
  ASSERT_TRUE(teach(taught, served, a).ok());
  ASSERT_TRUE(teach(taught, served, b).ok());
  const auto sums = taught.take();
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].calls, 2);

  (model.forward_tensor(a).sum() + model.forward_tensor(b).sum()).backward();
  const std::vector<at::Tensor> wanted = gradients_of(model);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_TRUE(torch::allclose(sums[0].sum[i], wanted[i])) << i;
  }
  EXPECT_TRUE(taught.take().empty());  // Taken once.
}

TEST(TaughtGradients, AreKeptApartByTeacher) {
  TaughtGradients taught(kAnyNorm);
  const PublicKey a = Wallet::create().key(), b = Wallet::create().key();
  ASSERT_TRUE(taught.add(a, {torch::ones({1})}).ok());
  ASSERT_TRUE(taught.add(b, {torch::full({1}, 5.0F)}).ok());
  ASSERT_TRUE(taught.add(a, {torch::ones({1})}).ok());
  for (const auto& teacher : taught.take()) {
    EXPECT_EQ(teacher.sum[0].item<float>(), teacher.from == a ? 2 : 5);
  }
}

TEST(TaughtGradients, TooManyTeachersAreRefused) {
  TaughtGradients taught(kAnyNorm);
  for (std::size_t i = 0; i < TaughtGradients::kMaxTeachers; ++i) {
    ASSERT_TRUE(taught.add(Wallet::create().key(), {torch::ones({1})}).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(taught.add(Wallet::create().key(), {torch::ones({1})})));
}

TEST(TaughtGradients, ALargeModelHasFewerTeachersAtATime) {
  TaughtGradients taught(kAnyNorm, /*max_bytes=*/1000);
  const std::vector<at::Tensor> gradients = {torch::ones({100})};  // 400 bytes
  const PublicKey first = Wallet::create().key();
  ASSERT_TRUE(taught.add(first, gradients).ok());
  ASSERT_TRUE(taught.add(Wallet::create().key(), gradients).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(taught.add(Wallet::create().key(), gradients)));
  EXPECT_TRUE(taught.add(first, gradients).ok());  // It takes no more room.
  taught.take();
  // One there always is.
  EXPECT_TRUE(taught.add(first, {torch::ones({1000})}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(taught.add(Wallet::create().key(), gradients)));
}

TEST(TaughtGradients, ACallCannotAskForMoreThanTheNorm) {
  TaughtGradients taught(/*max_norm=*/2);
  ASSERT_TRUE(taught.add(PublicKey(), {torch::full({2, 3}, 1e6F), torch::zeros({2})}).ok());
  EXPECT_NEAR(norm_of(taught.take()[0].sum), 2, 1e-4);
}

TEST(TaughtGradients, ThatAreNotFiniteOrOfAnotherShapeAreRefusedWhole) {
  TaughtGradients taught(kAnyNorm);
  ASSERT_TRUE(taught.add(PublicKey(), {torch::ones({2, 3}), torch::ones({2})}).ok());
  EXPECT_FALSE(taught.add(PublicKey(), {torch::full({2, 3}, NAN), torch::ones({2})}).ok());
  EXPECT_FALSE(taught.add(PublicKey(), {torch::ones({2, 3}), torch::ones({5})}).ok());
  EXPECT_FALSE(taught.add(PublicKey(), {torch::ones({2, 3})}).ok());
  const auto sums = taught.take();
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].calls, 1);
  EXPECT_TRUE(torch::equal(sums[0].sum[1], torch::ones({2})));
}

TEST(TaughtGradients, WaitEndsWithTheFirstCallOrWithItsTime) {
  TaughtGradients taught(kAnyNorm);
  EXPECT_FALSE(taught.wait(0ms));
  ASSERT_TRUE(taught.add(PublicKey(), {torch::ones({1})}).ok());
  EXPECT_TRUE(taught.wait(0ms));
}

TEST(AddGradients, AddsToThoseThatAreThereAndSetsTheOthers) {
  Affine model;
  const std::vector<at::Tensor> parameters = model.parameters();
  parameters[0].mutable_grad() = torch::ones({2, 3});
  add_gradients({torch::ones({2, 3}), torch::ones({2})}, 3, parameters);
  EXPECT_TRUE(torch::equal(parameters[0].grad(), torch::full({2, 3}, 4.0F)));
  EXPECT_TRUE(torch::equal(parameters[1].grad(), torch::full({2}, 3.0F)));
}

}  // namespace
}  // namespace bittensor
