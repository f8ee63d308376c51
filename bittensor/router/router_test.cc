// SPDX-License-Identifier: MIT
#include "bittensor/router/router.h"

#include <algorithm>
#include <sstream>

#include "gtest/gtest.h"
#include "torch/autograd.h"
#include "torch/optim/adam.h"
#include "torch/optim/sgd.h"
#include "torch/serialize.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

Router::Options small_router(std::int64_t topk) {
  Router::Options options;
  options.x_dim = 6;
  options.key_dim = 5;
  options.topk = topk;
  options.max_keys = 32;
  options.dropout = 0;
  options.network_dim = 3;
  return options;
}

// What `peers[i]`, [batch, network_dim], says about the rows that it is sent.
std::vector<Answer> answers_of(const Route& route, const std::vector<at::Tensor>& peers) {
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    answers.push_back({absl::OkStatus(), peers[i].index_select(0, route.rows[i]), {}});
  }
  return answers;
}

TEST(Router, IsMadeFromThreeNumbersOrNone) {
  Router router(/*x_dim=*/32, /*key_dim=*/100, /*topk=*/2);
  const Inputs inputs = Inputs::of_tensor(torch::rand({4, 7}));
  const Route route = router.route(some_synapses(3), {}, torch::rand({4, 32}), inputs);
  EXPECT_EQ(route.chosen.sizes(), (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(router.join(route, std::vector<Answer>(3)).sizes(),
            (std::vector<std::int64_t>{4, kDefaultNetworkDim}));
  EXPECT_NO_THROW(Router().route({}, {}, torch::rand({4, 1024}), inputs));
}

TEST(Router, RowsAreThoseThatHaveAScore) {
  Router router(small_router(2));
  const at::Tensor texts = torch::arange(16);
  const Route route = router.route(some_synapses(9), torch::rand({9}), torch::randn({16, 6}),
                                   Inputs::of_tensor(texts));
  for (std::int64_t i = 0; i < 9; ++i) {
    EXPECT_TRUE(torch::equal(route.rows[i], route.scores.select(1, i).nonzero().view(-1)));
    EXPECT_TRUE(torch::equal(route.requests[i].tensor, route.rows[i]));
  }
  EXPECT_NEAR(route.scores.mean(0).sum().item<float>(), 1, 1e-6);
}

TEST(Router, WithoutSynapsesTheNetworkContextIsZeros) {
  Router router(small_router(2));
  const at::Tensor context = torch::randn({4, 6});
  const Route images = router.route({}, {}, context, Inputs::of_tensor(torch::rand({4, 1})));
  EXPECT_TRUE(torch::equal(router.join(images, {}), torch::zeros({4, 3})));
  const Route text = router.route({}, {}, context, Inputs::of_text({"a", "b", "c", "d"}));
  EXPECT_TRUE(torch::equal(router.join(text, {}, /*sequence=*/7), torch::zeros({4, 7, 3})));
}

// The loss of one step, in double precision, with a peer that fails.
class Gradient : public ::testing::Test {
 protected:
  Gradient() {
    torch::manual_seed(4);
    router_.to(torch::kDouble);
    router_.eval();
    for (int i = 0; i < 4; ++i)
      peers_.push_back(torch::randn({5, 3}, torch::kDouble).requires_grad_());
    context_ = torch::randn({5, 6}, torch::kDouble).requires_grad_();
    target_ = torch::randn({5, 3}, torch::kDouble);
    route();  // gives everybody a key
  }

  Route route() {
    return router_.route(some_synapses(4), torch::tensor({0.1, 0.2, 0.3, 0.4}, torch::kDouble),
                         context_, Inputs::of_tensor(torch::zeros({5, 1})));
  }

  at::Tensor loss() {
    const Route route = this->route();
    std::vector<Answer> answers = answers_of(route, peers_);
    answers[1].status = absl::DeadlineExceededError("late");
    return (router_.join(route, answers) - target_).square().sum() + 100 * route.balance_loss;
  }

  // Compares autograd's gradient of `tensor` with central differences.
  void expect_gradient_of(const at::Tensor& tensor, const char* name) {
    const at::Tensor gradient = torch::autograd::grad({loss()}, {tensor})[0].contiguous().view(-1);
    const torch::NoGradGuard no_grad;
    const at::Tensor values = tensor.view(-1);
    constexpr double kStep = 1e-6;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(values.numel(), 30); ++i) {
      values[i] += kStep;
      const double above = loss().item<double>();
      values[i] -= 2 * kStep;
      const double below = loss().item<double>();
      values[i] += kStep;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-6)
          << name << "[" << i << "]";
    }
    EXPECT_GT(gradient.abs().sum().item<double>(), 0) << name;
  }

  // Of a peer that was chosen, but not the one that failed.
  at::Tensor answer_that_counts() {
    const at::Tensor load = route().scores.detach().sum(0);
    load[1] = 0;
    return peers_[static_cast<std::size_t>(load.argmax().item<std::int64_t>())];
  }

  Router router_{small_router(2)};
  std::vector<at::Tensor> peers_;
  at::Tensor context_, target_;
};

TEST_F(Gradient, IsThatOfFiniteDifferences) {
  for (const auto& parameter : router_.named_parameters()) {
    expect_gradient_of(parameter.value(), parameter.key().c_str());
  }
  expect_gradient_of(context_, "context");
  expect_gradient_of(answer_that_counts(), "answer");
}

TEST_F(Gradient, DoesNotReachAPeerThatFailed) {
  loss().backward();
  EXPECT_FALSE(peers_[1].grad().defined());
  EXPECT_TRUE(answer_that_counts().grad().defined());
}

TEST_F(Gradient, OfARouteMadeBeforeAnOptimizerStepNeedsARescore) {
  const Route ahead = route();
  const at::Tensor scores = ahead.scores.detach().clone();
  torch::optim::SGD optimizer(router_.parameters(), 1);
  loss().backward();
  optimizer.step();
  const Route now = router_.rescore(ahead, {}, context_);
  EXPECT_TRUE(torch::equal(now.chosen, ahead.chosen));
  EXPECT_TRUE(torch::equal(now.scores.gt(0), scores.gt(0)));
  EXPECT_FALSE(torch::equal(now.scores, scores));
  EXPECT_NO_THROW(now.scores.square().sum().backward());
}

TEST(Router, ContextDecidesNothingWhenEachRowGoesToAll) {
  Router router(small_router(3));
  EXPECT_FALSE(router.chooses(0));
  EXPECT_FALSE(router.chooses(3));
  EXPECT_TRUE(router.chooses(4));
  const at::Tensor context = torch::randn({5, 6});
  const Inputs inputs = Inputs::of_tensor(torch::rand({5, 2}));
  const Route any = router.route(some_synapses(3), {}, {}, inputs);
  const Route route = router.route(some_synapses(3), {}, context, inputs);
  EXPECT_TRUE(torch::allclose(router.rescore(any, {}, context).scores, route.scores));
}

TEST(Router, LoadedRouterRoutesTheSameInAnyOrderOfSynapses) {
  torch::manual_seed(5);
  Router router(small_router(3));
  router.eval();
  std::vector<SynapseRecord> synapses = some_synapses(8);
  const at::Tensor context = torch::randn({10, 6});
  const Inputs inputs = Inputs::of_tensor(torch::rand({10, 2}));
  const at::Tensor scores = router.route(synapses, {}, context, inputs).scores;
  std::stringstream file;
  torch::serialize::OutputArchive out;
  router.save(out);
  out.save_to(file);

  Router loaded(small_router(3));
  torch::serialize::InputArchive in;
  in.load_from(file);
  loaded.load(in);
  loaded.eval();
  std::reverse(synapses.begin(), synapses.end());
  EXPECT_TRUE(torch::allclose(loaded.route(synapses, {}, context, inputs).scores, scores.flip(1)));
}

TEST(Router, LearnsToPreferTheUsefulPeer) {
  torch::manual_seed(6);
  Router router(small_router(3));
  torch::optim::Adam optimizer(router.parameters(), 0.02);
  const std::vector<SynapseRecord> synapses = some_synapses(8);
  const auto step = [&] {
    const at::Tensor target = torch::randn({32, 3});
    std::vector<at::Tensor> peers;
    for (int i = 0; i < 8; ++i) peers.push_back(i == 5 ? target : torch::randn({32, 3}));
    const Route route =
        router.route(synapses, {}, torch::randn({32, 6}), Inputs::of_tensor(torch::zeros({32, 1})));
    const at::Tensor joined = router.join(route, answers_of(route, peers));
    optimizer.zero_grad();
    (torch::mse_loss(joined, target) + route.balance_loss).backward();
    optimizer.step();
    return route.scores.detach().mean(0)[5].item<float>();
  };
  const float before = step();
  for (int i = 0; i < 300; ++i) step();
  EXPECT_LT(before, 0.3);
  EXPECT_GT(step(), 0.8);
}

}  // namespace
}  // namespace bittensor
