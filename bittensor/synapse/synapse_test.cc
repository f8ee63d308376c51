// SPDX-License-Identifier: MIT
#include "bittensor/synapse/synapse.h"

#include "gtest/gtest.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/conv.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// Convolution, BatchNorm (which has buffers) and a linear layer.
class Vision : public Synapse {
 public:
  explicit Vision(std::int64_t fresh_dim = 6, std::string fresh_name = "linear")
      : Vision(6, "linear", fresh_dim, std::move(fresh_name)) {}

  Schema schema() const override { return {Modality::kImage, at::kFloat, {1, 4, 4}, 6}; }
  torch::Tensor forward_image(const torch::Tensor& inputs) override {
    return linear_->forward(norm_->forward(conv_->forward(inputs)).flatten(1));
  }
  std::shared_ptr<Synapse> fresh() const override {
    return std::shared_ptr<Vision>(new Vision(fresh_dim_, fresh_name_, fresh_dim_, fresh_name_));
  }

  torch::nn::BatchNorm2d norm_{nullptr};

 private:
  Vision(std::int64_t dim, const std::string& name, std::int64_t fresh_dim, std::string fresh_name)
      : norm_(register_module("norm", torch::nn::BatchNorm2d(2))),
        fresh_dim_(fresh_dim),
        fresh_name_(std::move(fresh_name)),
        conv_(register_module("conv", torch::nn::Conv2d(1, 2, 3))),
        linear_(register_module(name, torch::nn::Linear(8, dim))) {}

  const std::int64_t fresh_dim_;
  const std::string fresh_name_;
  torch::nn::Conv2d conv_;
  torch::nn::Linear linear_;
};

TEST(Synapse, CopyAnswersTheSame) {
  Vision vision;
  const at::Tensor images = torch::rand({5, 1, 4, 4});
  vision.forward_image(images);  // moves the BatchNorm statistics, which are buffers
  const std::shared_ptr<Synapse> copy = vision.copy();
  vision.eval();
  copy->eval();
  EXPECT_TRUE(torch::equal(copy->forward_image(images), vision.forward_image(images)));
}

TEST(Synapse, CopyAndOriginalShareNothing) {
  const Vision vision;
  const std::shared_ptr<Synapse> copy = vision.copy();
  const torch::NoGradGuard no_grad;
  for (at::Tensor& tensor : copy->parameters()) tensor.fill_(7);
  for (at::Tensor& tensor : copy->buffers()) tensor.fill_(7);
  for (const at::Tensor& tensor : vision.parameters())
    EXPECT_FALSE(tensor.eq(7).any().item<bool>());
  for (const at::Tensor& tensor : vision.buffers()) EXPECT_FALSE(tensor.eq(7).any().item<bool>());
}

TEST(Synapse, CopyKeepsModesFrozenParametersAndDtype) {
  Vision vision;
  vision.to(torch::kDouble);
  vision.norm_->eval();
  vision.norm_->weight.requires_grad_(false);
  const auto copy = std::dynamic_pointer_cast<Vision>(vision.clone());
  ASSERT_NE(copy, nullptr);
  EXPECT_TRUE(copy->is_training());
  EXPECT_FALSE(copy->norm_->is_training());
  EXPECT_FALSE(copy->norm_->weight.requires_grad());
  EXPECT_TRUE(copy->norm_->bias.requires_grad());
  EXPECT_EQ(copy->norm_->bias.scalar_type(), torch::kDouble);
  EXPECT_EQ(copy->parameters().size(), vision.parameters().size());
}

TEST(Synapse, CopyTrainsOnItsOwn) {
  Vision vision;
  const std::shared_ptr<Synapse> copy = vision.copy();
  copy->forward_image(torch::rand({2, 1, 4, 4})).sum().backward();
  for (const at::Tensor& parameter : copy->parameters()) EXPECT_TRUE(parameter.grad().defined());
  for (const at::Tensor& parameter : vision.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

// What clone() says about a synapse whose fresh() is another.
std::string complaint(const Synapse& synapse) {
  try {
    synapse.clone();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "none";
}

TEST(Synapse, FreshThatIsAnotherSynapseIsRefusedByName) {
  EXPECT_EQ(complaint(Vision(7)),
            "a synapse's fresh() has linear.weight of shape [7, 8], not [6, 8]");
  EXPECT_EQ(complaint(Vision(6, "other")), "a synapse's fresh() has no linear.weight");
}

TEST(Synapse, ModalityThatIsNotOverriddenThrowsNotImplemented) {
  Vision vision;
  EXPECT_THROW(vision.forward_text({"a"}), c10::NotImplementedError);
  EXPECT_THROW(vision.forward_tensor(torch::rand({2, 3})), c10::NotImplementedError);
  EXPECT_THROW(vision.forward_inputs(Inputs::of_text({"a"})), c10::NotImplementedError);
  EXPECT_EQ(vision.forward_inputs(Inputs::of_image(torch::rand({2, 1, 4, 4}))).size(0), 2);
}

}  // namespace
}  // namespace bittensor
