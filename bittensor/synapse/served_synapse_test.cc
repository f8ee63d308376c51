// SPDX-License-Identifier: MIT
#include "bittensor/synapse/served_synapse.h"

#include <cmath>
#include <functional>
#include <stdexcept>
#include <thread>

#include "gtest/gtest.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/dropout.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using absl::StatusCode;

// Answers what a function says.
class Scripted : public Synapse {
 public:
  using Script = std::function<at::Tensor(const at::Tensor&)>;
  Scripted(Schema schema, Script script) : schema_(std::move(schema)), script_(std::move(script)) {}

  Schema schema() const override { return schema_; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override { return script_(inputs); }
  torch::Tensor forward_text(const std::vector<std::string>& inputs) override {
    return script_(torch::full({static_cast<std::int64_t>(inputs.size()), 5, 3}, 2.0F));
  }
  std::shared_ptr<Synapse> fresh() const override {
    return std::make_shared<Scripted>(schema_, script_);
  }

 private:
  const Schema schema_;
  const Script script_;
};

const Schema kRows = {Modality::kTensor, at::kFloat, {3}, 3};

ServedSynapse serve(const Scripted::Script& script) {
  return ServedSynapse(Scripted(kRows, script));
}

// What behaves differently in training: BatchNorm and dropout.
class Moody : public Synapse {
 public:
  Schema schema() const override { return kRows; }
  torch::Tensor forward_tensor(const torch::Tensor& inputs) override {
    seen_training = seen_training || is_training();
    return dropout_->forward(norm_->forward(linear_->forward(inputs)));
  }
  std::shared_ptr<Synapse> fresh() const override { return std::make_shared<Moody>(); }

  static inline bool seen_training = false;

 private:
  torch::nn::Linear linear_ = register_module("linear", torch::nn::Linear(3, 3));
  torch::nn::BatchNorm1d norm_ = register_module("norm", torch::nn::BatchNorm1d(3));
  torch::nn::Dropout dropout_ = register_module("dropout", torch::nn::Dropout(0.5));
};

at::Tensor forward(ServedSynapse& served, const at::Tensor& inputs) {
  const auto output = served.forward(Inputs::of_tensor(inputs));
  EXPECT_TRUE(output.ok()) << output.status();
  return *output;
}

at::Tensor backward(ServedSynapse& served, const at::Tensor& inputs, const at::Tensor& gradient) {
  const auto result = served.backward(Inputs::of_tensor(inputs), gradient);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

TEST(ServedSynapse, ServesTheCopyThatWasTakenInEvaluationMode) {
  Moody moody;
  const at::Tensor inputs = torch::rand({4, 3});
  moody.forward_tensor(inputs);
  ServedSynapse served(moody);  // moody is in training mode
  const at::Tensor first = forward(served, inputs);
  moody.forward_tensor(inputs);  // moves the BatchNorm statistics of the one in training
  {
    const torch::NoGradGuard no_grad;
    for (at::Tensor& parameter : moody.parameters()) parameter.zero_();
  }
  Moody::seen_training = false;
  backward(served, inputs, torch::ones({4, 3}));
  EXPECT_TRUE(torch::equal(forward(served, inputs), first));
  EXPECT_FALSE(Moody::seen_training);
  EXPECT_GT(first.abs().sum().item<float>(), 0);
}

TEST(ServedSynapse, BackwardIsTheGradientOfForward) {
  ServedSynapse served{Moody()};
  const at::Tensor inputs = torch::rand({2, 3});
  const at::Tensor weights = torch::rand({2, 3});
  const at::Tensor gradient = backward(served, inputs, weights);
  // Moody is affine in evaluation mode: any step gives the same difference.
  for (int i = 0; i < 6; ++i) {
    at::Tensor moved = inputs.clone();
    moved.view(-1)[i] += 1;
    const at::Tensor change = ((forward(served, moved) - forward(served, inputs)) * weights).sum();
    EXPECT_NEAR(gradient.view(-1)[i].item<float>(), change.item<float>(), 1e-5);
  }
}

TEST(ServedSynapse, CallsLeaveNoTraceInTheCallersTensors) {
  ServedSynapse served = serve([](const at::Tensor& inputs) { return inputs * 2; });
  const at::Tensor inputs = torch::rand({2, 3}).requires_grad_();
  EXPECT_FALSE(forward(served, inputs).requires_grad());
  const at::Tensor gradient = backward(served, inputs, torch::ones({2, 3}));
  EXPECT_TRUE(torch::equal(gradient, torch::full({2, 3}, 2.0F)));
  EXPECT_FALSE(gradient.requires_grad());
  EXPECT_FALSE(inputs.grad().defined());
}

TEST(ServedSynapse, AnswersGoIntoAnAutogradGraphAlsoFromInferenceMode) {
  ServedSynapse served = serve([](const at::Tensor& inputs) { return inputs.square(); });
  at::Tensor output;
  {
    const c10::InferenceMode inference;
    const at::Tensor inputs = torch::full({1, 3}, 3.0F);
    output = forward(served, inputs);
    EXPECT_TRUE(
        torch::equal(backward(served, inputs, torch::ones({1, 3})), torch::full({1, 3}, 6.0F)));
  }
  const at::Tensor scale = torch::ones({1}).requires_grad_();
  (scale * output).sum().backward();
  EXPECT_EQ(scale.grad().item<float>(), 27);
}

TEST(ServedSynapse, OutputThatDoesNotDependOnTheInputsHasGradientZero) {
  ServedSynapse served = serve([](const at::Tensor& inputs) { return torch::ones_like(inputs); });
  EXPECT_TRUE(torch::equal(backward(served, torch::rand({2, 3}), torch::ones({2, 3})),
                           torch::zeros({2, 3})));
}

TEST(ServedSynapse, InputsThatDoNotFitNeverReachTheSynapse) {
  bool called = false;
  ServedSynapse served = serve([&called](const at::Tensor& inputs) {
    called = true;
    return inputs;
  });
  at::Tensor nan = torch::rand({2, 3});
  nan[1][2] = std::nanf("");
  for (const at::Tensor& bad : {torch::rand({0, 3}), torch::rand({2, 4}), nan, at::Tensor()}) {
    const Inputs inputs = Inputs::of_tensor(bad);
    EXPECT_EQ(served.forward(inputs).status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(served.backward(inputs, torch::ones({2, 3})).status().code(),
              StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(served.forward(Inputs::of_text({"a"})).status().code(), StatusCode::kUnimplemented);
  EXPECT_FALSE(called);
}

TEST(ServedSynapse, GradientThatDoesNotFitIsRefused) {
  ServedSynapse served = serve([](const at::Tensor& inputs) { return inputs; });
  for (const at::Tensor& bad :
       {at::Tensor(), torch::ones({2, 4}), torch::ones({1, 3}), torch::ones({2, 3, 1}),
        torch::ones({2, 3}, torch::kLong), torch::full({2, 3}, INFINITY)}) {
    EXPECT_EQ(served.backward(Inputs::of_tensor(torch::rand({2, 3})), bad).status().code(),
              StatusCode::kInvalidArgument);
  }
}

TEST(ServedSynapse, WhatTheSynapseGetsWrongIsInternal) {
  const Scripted::Script wrong[] = {
      [](const at::Tensor&) { return at::Tensor(); },
      [](const at::Tensor& inputs) { return inputs[0]; },
      [](const at::Tensor& inputs) { return inputs.narrow(1, 0, 2); },
      [](const at::Tensor& inputs) { return inputs.to(torch::kLong); },
      [](const at::Tensor& inputs) { return inputs / 0; },
      [](const at::Tensor& inputs) { return inputs.matmul(inputs); },
      [](const at::Tensor&) -> at::Tensor { throw std::runtime_error("broken"); },
  };
  for (const Scripted::Script& script : wrong) {
    ServedSynapse served = serve(script);
    EXPECT_EQ(served.forward(Inputs::of_tensor(torch::rand({2, 3}))).status().code(),
              StatusCode::kInternal);
  }
  ServedSynapse root = serve([](const at::Tensor& inputs) { return inputs.sqrt(); });
  EXPECT_EQ(
      root.backward(Inputs::of_tensor(torch::zeros({1, 3})), torch::ones({1, 3})).status().code(),
      StatusCode::kInternal);
}

TEST(ServedSynapse, ModalityThatIsDeclaredButMissingIsUnimplemented) {
  const Schema images = {Modality::kImage, at::kFloat, {1, 2, 2}, 3};
  ServedSynapse served(Scripted(images, [](const at::Tensor& inputs) { return inputs; }));
  EXPECT_EQ(served.forward(Inputs::of_image(torch::rand({1, 1, 2, 2}))).status().code(),
            StatusCode::kUnimplemented);
}

TEST(ServedSynapse, TextIsAnsweredAndHasNoGradient) {
  const Schema text = {Modality::kText, at::kFloat, {}, 3};
  ServedSynapse served(Scripted(text, [](const at::Tensor& inputs) { return inputs; }));
  const auto output = served.forward(Inputs::of_text({"a", "b"}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->sizes(), (std::vector<std::int64_t>{2, 5, 3}));
  EXPECT_EQ(served.backward(Inputs::of_text({"a"}), torch::ones({1, 5, 3})).status().code(),
            StatusCode::kUnimplemented);
}

TEST(ServedSynapse, IntegersAreAnsweredAndHaveNoGradient) {
  const Schema tokens = {Modality::kTensor, at::kLong, {3}, 3};
  ServedSynapse served(
      Scripted(tokens, [](const at::Tensor& inputs) { return inputs.to(torch::kFloat); }));
  const Inputs inputs = Inputs::of_tensor(torch::ones({2, 3}, torch::kLong));
  EXPECT_TRUE(served.forward(inputs).ok());
  EXPECT_EQ(served.backward(inputs, torch::ones({2, 3})).status().code(),
            StatusCode::kUnimplemented);
}

TEST(ServedSynapse, CallsFromManyThreadsTakeTurns) {
  int inside = 0;  // written without a lock: a turn has it for itself
  ServedSynapse served = serve([&inside](const at::Tensor& inputs) {
    EXPECT_EQ(++inside, 1);
    at::Tensor output = inputs * 2;
    --inside;
    return output;
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&served, i] {
      for (int call = 0; call < 50; ++call) {
        const at::Tensor inputs = torch::full({1, 3}, i);
        EXPECT_TRUE(torch::equal(forward(served, inputs.to(torch::kFloat)), inputs * 2.0F));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace bittensor
