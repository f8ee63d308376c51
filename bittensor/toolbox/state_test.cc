// SPDX-License-Identifier: MIT
#include "bittensor/toolbox/state.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/batchnorm.h"
#include "torch/nn/modules/linear.h"
#include "torch/optim/adam.h"
#include "torch/optim/adamw.h"
#include "torch/optim/optimizer.h"
#include "torch/optim/rmsprop.h"
#include "torch/optim/sgd.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

// Linear(3, `width`) and BatchNorm, which has buffers.
struct Net : torch::nn::Module {
  explicit Net(int width = 4)
      : linear(register_module("linear", torch::nn::Linear(3, width))),
        norm(register_module("norm", torch::nn::BatchNorm1d(width))) {}
  at::Tensor forward(const at::Tensor& x) { return norm(linear(x)); }
  torch::nn::Linear linear;
  torch::nn::BatchNorm1d norm;
};

bool same(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a) {
    if (b.count(name) == 0 || !tensor.equal(b.at(name))) return false;
  }
  return true;
}

StateDict copy_of(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, tensor] : state) copy[name] = tensor.clone();
  return copy;
}

TEST(StateDictOfModule, HasParametersAndBuffersByDottedName) {
  std::vector<std::string> names;
  for (const auto& item : state_dict(Net())) names.push_back(item.first);
  EXPECT_THAT(names, ::testing::ElementsAre("linear.bias", "linear.weight", "norm.bias",
                                            "norm.num_batches_tracked", "norm.running_mean",
                                            "norm.running_var", "norm.weight"));
}

TEST(StateDictOfModule, LoadsIntoAnotherModuleAsACopy) {
  Net from, to;
  from.forward(torch::randn({8, 3}));  // moves the buffers
  ASSERT_EQ(load_state_dict(to, state_dict(from)), absl::OkStatus());
  EXPECT_TRUE(same(state_dict(to), state_dict(from)));
  from.linear->weight.detach().zero_();
  EXPECT_FALSE(same(state_dict(to), state_dict(from)));
  EXPECT_TRUE(to.linear->weight.requires_grad());
}

TEST(StateDictOfModule, ListsWhatDoesNotFitAndChangesNothing) {
  Net net;
  const StateDict before = copy_of(state_dict(net));
  StateDict state = state_dict(Net());
  state.erase("linear.bias");
  state["head.weight"] = torch::ones({1});
  state["linear.weight"] = torch::ones({5, 3});
  state["norm.bias"] = torch::ones({4}, torch::kHalf);
  const absl::Status status = load_state_dict(net, state);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("missing: linear.bias;"));
  EXPECT_THAT(message, HasSubstr("unexpected: head.weight;"));
  EXPECT_THAT(message,
              HasSubstr("linear.weight is Float [4, 3] in the model and Float [5, 3] in the"));
  EXPECT_THAT(message, HasSubstr("norm.bias is Float [4] in the model and Half [4] in the"));
  EXPECT_TRUE(same(state_dict(net), before));
}

TEST(StateDictOfModule, ListsAFewOfMany) {
  Net net;
  const absl::Status status = load_state_dict(net, {});
  EXPECT_THAT(std::string(status.message()), HasSubstr("norm.running_mean and 2 more"));
}

struct OptimizerCase {
  std::string name;
  std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor>)> make;
};

class OptimizerStateOf : public ::testing::TestWithParam<OptimizerCase> {
 protected:
  static void train(Net& net, torch::optim::Optimizer& optimizer, int steps) {
    torch::manual_seed(7);
    for (int i = 0; i < steps; ++i) {
      optimizer.zero_grad();
      net.forward(torch::randn({8, 3})).pow(3).mean().backward();
      optimizer.step();
    }
  }
};

TEST_P(OptimizerStateOf, ContinuesAsIfNeverInterrupted) {
  Net net;
  const auto optimizer = GetParam().make(net.parameters());
  train(net, *optimizer, 3);
  const StateDict parameters = copy_of(state_dict(net));
  auto saved = optimizer_state(*optimizer);
  ASSERT_TRUE(saved.ok()) << saved.status();
  saved->tensors = copy_of(saved->tensors);
  train(net, *optimizer, 3);

  Net resumed;
  const auto fresh = GetParam().make(resumed.parameters());
  train(resumed, *fresh, 1);  // what it remembers is replaced
  ASSERT_EQ(load_state_dict(resumed, parameters), absl::OkStatus());
  ASSERT_EQ(load_optimizer_state(*fresh, *saved), absl::OkStatus());
  train(resumed, *fresh, 3);
  EXPECT_TRUE(same(state_dict(resumed), state_dict(net)));
}

TEST_P(OptimizerStateOf, ForgetsRowsThatStandForSomethingElse) {
  Net net;
  const auto optimizer = GetParam().make(net.parameters());
  forget_rows(*optimizer, net.linear->weight, torch::tensor({1}, torch::kLong));  // Nothing yet.
  train(net, *optimizer, 3);
  forget_rows(*optimizer, net.linear->weight, torch::tensor({1}, torch::kLong));
  const auto state = optimizer_state(*optimizer);
  ASSERT_TRUE(state.ok()) << state.status();
  for (const auto& [name, tensor] : state->tensors) {
    if (name.rfind("0.", 0) != 0 || tensor.dim() == 0) continue;  // The weight is number 0.
    EXPECT_EQ(tensor[1].abs().sum().item<double>(), 0) << name;
    EXPECT_GT(tensor[0].abs().sum().item<double>(), 0) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, OptimizerStateOf,
    ::testing::Values(
        OptimizerCase{"SGD",
                      [](auto p) {
                        return std::make_unique<torch::optim::SGD>(p,
                                                                   torch::optim::SGDOptions(0.1));
                      }},
        OptimizerCase{"SGDWithMomentum",
                      [](auto p) {
                        return std::make_unique<torch::optim::SGD>(
                            p, torch::optim::SGDOptions(0.1).momentum(0.9));
                      }},
        OptimizerCase{"Adam", [](auto p) { return std::make_unique<torch::optim::Adam>(p); }},
        OptimizerCase{"Amsgrad",
                      [](auto p) {
                        return std::make_unique<torch::optim::Adam>(
                            p, torch::optim::AdamOptions().amsgrad(true));
                      }},
        OptimizerCase{"AdamW", [](auto p) { return std::make_unique<torch::optim::AdamW>(p); }}),
    [](const auto& tested) { return tested.param.name; });

class OptimizerStateTest : public ::testing::Test {
 protected:
  OptimizerStateTest() {
    net_.forward(torch::randn({8, 3})).pow(2).mean().backward();
    adam_.step();
    saved_ = *optimizer_state(adam_);
    saved_.tensors = copy_of(saved_.tensors);
  }

  void expect_refused(const std::string& why) {
    const StateDict before = copy_of(optimizer_state(adam_)->tensors);
    const absl::Status status = load_optimizer_state(adam_, saved_);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_TRUE(same(optimizer_state(adam_)->tensors, before));
  }

  Net net_;
  torch::optim::Adam adam_{net_.parameters(), torch::optim::AdamOptions(0.5)};
  OptimizerState saved_;
};

TEST_F(OptimizerStateTest, NamesParametersByIndex) {
  EXPECT_EQ(saved_.kind, "Adam");
  EXPECT_EQ(saved_.tensors.at("0.exp_avg").sizes(), net_.linear->weight.sizes());
  EXPECT_EQ(saved_.tensors.at("0.step").item<std::int64_t>(), 1);
  EXPECT_EQ(saved_.tensors.at("learning_rates")[0].item<double>(), 0.5);
}

TEST_F(OptimizerStateTest, RestoresTheLearningRate) {
  adam_.param_groups()[0].options().set_lr(0.125);
  ASSERT_EQ(load_optimizer_state(adam_, saved_), absl::OkStatus());
  EXPECT_EQ(adam_.param_groups()[0].options().get_lr(), 0.5);
}

TEST_F(OptimizerStateTest, HasNoEntriesForParametersWithoutGradient) {
  Net net;
  torch::optim::Adam fresh(net.parameters());
  EXPECT_EQ(optimizer_state(fresh)->tensors.size(), 1U);  // learning_rates
  EXPECT_EQ(load_optimizer_state(adam_, *optimizer_state(fresh)), absl::OkStatus());
  EXPECT_EQ(optimizer_state(adam_)->tensors.size(), 1U);
}

TEST_F(OptimizerStateTest, OfAnotherKindIsRefused) {
  saved_.kind = "AdamW";
  expect_refused("\"AdamW\"");
}

TEST_F(OptimizerStateTest, OfOtherGroupsIsRefused) {
  saved_.tensors["learning_rates"] = torch::ones({2}, torch::kFloat64);
  expect_refused("1 parameter groups");
}

TEST_F(OptimizerStateTest, OfMoreParametersIsRefused) {
  saved_.tensors["9.step"] = torch::tensor(1, torch::kInt64);
  expect_refused("parameter 9");
}

TEST_F(OptimizerStateTest, OfAnotherShapeIsRefused) {
  saved_.tensors["0.exp_avg"] = torch::ones({2, 2});
  expect_refused("parameter 0 does not fit: exp_avg");
}

TEST_F(OptimizerStateTest, WithMissingOrStrangeEntriesIsRefused) {
  saved_.tensors["0.max_exp_avg_sq"] = torch::ones({4, 3});
  expect_refused("unexpected entries");
  saved_.tensors.erase("0.exp_avg_sq");
  expect_refused("no exp_avg_sq");
  saved_.tensors["strange"] = torch::ones({1});
  expect_refused("unexpected optimizer state strange");
}

TEST_F(OptimizerStateTest, WithAStepThatIsNoCountIsRefused) {
  saved_.tensors["0.step"] = torch::tensor(-1, torch::kInt64);
  expect_refused("step");
  saved_.tensors["0.step"] = torch::ones({2}, torch::kInt64);
  expect_refused("step");
}

TEST(OptimizerState, OtherOptimizersAreRefused) {
  Net net;
  const torch::optim::RMSprop optimizer(net.parameters());
  EXPECT_EQ(optimizer_state(optimizer).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace bittensor
