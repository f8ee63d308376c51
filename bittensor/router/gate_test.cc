// SPDX-License-Identifier: MIT
#include "bittensor/router/gate.h"

#include <cmath>

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

constexpr std::int64_t kXDim = 16;

Gate::Options small(std::int64_t topk) {
  Gate::Options options;
  options.x_dim = kXDim;
  options.key_dim = 8;
  options.topk = topk;
  options.max_keys = 128;
  options.dropout = 0;
  return options;
}

Gate::Choice ask(Gate& gate, std::int64_t n, const at::Tensor& context) {
  return gate.forward(some_synapses(n), {}, context);
}

TEST(Gate, ScoresSumToOneOverTheTopKAndAreExactlyZeroElsewhere) {
  torch::manual_seed(1);
  Gate gate(small(3));
  const Gate::Choice choice = ask(gate, 20, torch::randn({32, kXDim}));
  EXPECT_TRUE(torch::allclose(choice.scores.sum(1), torch::ones({32})));
  EXPECT_TRUE(torch::equal(choice.scores.gt(0).sum(1), torch::full({32}, 3)));
  EXPECT_TRUE(torch::equal(choice.scores.ne(0).sum(1), torch::full({32}, 3)));
}

TEST(Gate, FewerSynapsesThanTopKAreAllChosen) {
  Gate gate(small(10));
  EXPECT_TRUE(ask(gate, 4, torch::randn({5, kXDim})).scores.gt(0).all().item<bool>());
  EXPECT_TRUE(torch::equal(ask(gate, 1, torch::randn({5, kXDim})).scores, torch::ones({5, 1})));
}

TEST(Gate, NoSynapsesOrNoRowsIsNoChoice) {
  Gate gate(small(2));
  const Gate::Choice nobody = ask(gate, 0, torch::randn({5, kXDim}));
  EXPECT_EQ(nobody.scores.sizes(), (std::vector<std::int64_t>{5, 0}));
  EXPECT_EQ(nobody.balance_loss.item<float>(), 0);
  const Gate::Choice nothing = ask(gate, 3, torch::randn({0, kXDim}));
  EXPECT_EQ(nothing.scores.sizes(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(nothing.balance_loss.item<float>(), 0);
}

TEST(Gate, UnchosenSynapseGetsNoGradientThroughTheScores) {
  torch::manual_seed(2);
  Gate gate(small(2));
  gate.eval();
  const Gate::Choice choice = ask(gate, 5, torch::randn({1, kXDim}));
  (choice.scores * torch::rand({5})).sum().backward();
  // A newcomer takes the first free slot: the row of the parameter is the synapse's number.
  const at::Tensor gradient = gate.named_parameters()["keys.keys"].grad().abs().sum(1);
  EXPECT_TRUE(torch::equal(gradient.narrow(0, 0, 5).ne(0), choice.scores[0].ne(0))) << gradient;
}

TEST(Gate, SameContextSameChoiceInEvaluation) {
  Gate gate(small(3));
  gate.eval();
  const at::Tensor context = torch::randn({64, kXDim});
  EXPECT_TRUE(torch::equal(ask(gate, 50, context).scores, ask(gate, 50, context).scores));
}

TEST(Gate, SeedRepeatsTheChoicesOfTraining) {
  Gate gate(small(3));
  const at::Tensor context = torch::randn({64, kXDim});
  const auto choose = [&](std::uint64_t seed) {
    torch::manual_seed(seed);
    return ask(gate, 50, context).scores;
  };
  EXPECT_TRUE(torch::equal(choose(1), choose(1)));
  EXPECT_FALSE(torch::equal(choose(1), choose(2)));
}

// How many of 64 rows each of 100 synapses gets in 400 batches. All rows have one context.
at::Tensor requests_of_400_batches(Gate& gate) {
  at::Tensor requests = torch::zeros({100});
  const at::Tensor context = torch::ones({64, kXDim});
  for (int i = 0; i < 400; ++i) requests += ask(gate, 100, context).scores.gt(0).sum(0);
  return requests;
}

TEST(Gate, ExplorationReachesEverySynapse) {
  torch::manual_seed(3);
  Gate::Options options = small(2);
  options.noise = 0;
  Gate gate(options);
  const at::Tensor requests = requests_of_400_batches(gate);
  EXPECT_GT(requests.min().item<float>(), 0) << requests;
  EXPECT_EQ(requests.sum().item<float>(), 400 * 64 * 2);
  // The favourite keeps every row, the second gives away the share that explores.
  const at::Tensor best = std::get<0>(requests.sort(0, /*descending=*/true));
  EXPECT_GE(best[0].item<float>(), 400 * 64);
  EXPECT_NEAR(best[1].item<float>(), 400 * 64 * 0.95, 400 * 64 * 0.01);

  gate.eval();
  EXPECT_EQ(requests_of_400_batches(gate).gt(0).sum().item<int>(), 2);
}

TEST(Gate, ABatchInTrainingGoesToFewOfManySynapses) {
  torch::manual_seed(8);
  Gate gate(small(2));
  const at::Tensor context = torch::randn({64, kXDim});
  for (int i = 0; i < 20; ++i) {
    const Gate::Choice choice = ask(gate, 100, context);
    // Two times two that the batch prefers, and two to be tried.
    EXPECT_LE(choice.asked.any(0).sum().item<int>(), 6);
    EXPECT_TRUE(torch::equal(choice.asked.sum(1), torch::full({64}, 2)));
  }
  gate.eval();  // When it counts each row has its own best.
  EXPECT_GT(ask(gate, 100, context).asked.any(0).sum().item<int>(), 6);
}

TEST(Gate, WeightsArePriorWithinBounds) {
  Gate::Options options = small(4);
  options.prior = 0.5;
  Gate gate(options);
  const std::vector<SynapseRecord> synapses = some_synapses(4);
  const at::Tensor context = torch::randn({1, kXDim});
  // What the prior multiplies each score by, before normalising.
  const auto factors = [&](const at::Tensor& weights) {
    const at::Tensor ratio = gate.forward(synapses, weights, context).scores[0] /
                             gate.forward(synapses, {}, context).scores[0];
    return ratio / ratio[0];
  };
  EXPECT_TRUE(torch::allclose(factors(torch::tensor({0.1F, 0.4F, 0.9F, 0.2F})),
                              torch::tensor({1.0F, 2.0F, 3.0F, std::sqrt(2.0F)})));
  // One that was never asked counts as the mean; so does nonsense.
  EXPECT_TRUE(
      torch::allclose(factors(torch::tensor({0.8F, 0.0F, -1.0F, NAN})), torch::ones({4}), 1e-4));
  // Nobody gets out of reach: next to nothing counts as a fiftieth of the mean.
  EXPECT_TRUE(torch::allclose(factors(torch::tensor({1.0F, 1e-9F, 1.0F, 1.0F})),
                              torch::tensor({1.0F, std::sqrt(0.02F / (4.0F / 3.0F)), 1.0F, 1.0F}),
                              1e-4));
  EXPECT_TRUE(torch::allclose(factors(torch::zeros({4})), torch::ones({4})));
}

TEST(Gate, BalanceLossIsZeroWhenTheLoadIsShared) {
  Gate gate(small(4));
  const Gate::Choice all = ask(gate, 4, torch::ones({8, kXDim}));
  EXPECT_NEAR(all.balance_loss.item<float>(), 0, 1e-6);
  gate.eval();
  EXPECT_GT(ask(gate, 8, torch::ones({8, kXDim})).balance_loss.item<float>(), 1e-4);
}

TEST(Gate, BalanceLossPushesTowardsTheStarved) {
  Gate gate(small(1));
  gate.eval();
  const at::Tensor context = torch::ones({8, kXDim});  // everything goes to one synapse
  const Gate::Choice choice = ask(gate, 4, context);
  choice.balance_loss.backward();
  const torch::NoGradGuard no_grad;
  const auto parameters = gate.named_parameters();
  const at::Tensor query =
      torch::linear(context[0], parameters["query.weight"], parameters["query.bias"]);
  // How the logits move when the keys descend.
  const at::Tensor change = -parameters["keys.keys"].grad().narrow(0, 0, 4).matmul(query);
  EXPECT_TRUE(torch::equal(change.lt(0), choice.scores[0].gt(0))) << change;
  EXPECT_TRUE(torch::equal(change.gt(0), choice.scores[0].eq(0))) << change;
}

TEST(Gate, SynapsesBeyondTheTableAreNotChosen) {
  Gate::Options options = small(5);
  options.max_keys = 3;
  Gate gate(options);
  const Gate::Choice choice =
      gate.forward(some_synapses(7), torch::rand({7}), torch::randn({6, kXDim}));
  EXPECT_EQ(choice.scores.sizes(), (std::vector<std::int64_t>{6, 7}));
  EXPECT_TRUE(torch::equal(choice.scores.gt(0).sum(0), torch::tensor({6, 6, 6, 0, 0, 0, 0})));
}

TEST(Gate, SomeOfTheChosenAreNotAskedInTrainingAndOneOfARowAlwaysIs) {
  torch::manual_seed(7);
  Gate::Options options = small(4);
  options.dropout = 0.5;
  Gate gate(options);
  const at::Tensor context = torch::randn({2000, kXDim});
  const Gate::Choice choice = ask(gate, 4, context);
  EXPECT_TRUE(torch::equal(choice.asked, choice.scores.gt(0)));
  EXPECT_TRUE(torch::allclose(choice.scores.sum(1), torch::ones({2000})));
  // Half of the four by chance, and one where chance left none: a sixteenth of the rows.
  EXPECT_NEAR(choice.asked.sum(1).to(torch::kFloat).mean().item<float>(), 2.0625, 0.1);
  EXPECT_GE(choice.asked.sum(1).min().item<int>(), 1);
  // Who was dropped stays so under other parameters.
  const Gate::Choice again = gate.score(some_synapses(4), {}, context * 2, choice.chosen);
  EXPECT_TRUE(torch::equal(again.asked, choice.asked));

  gate.eval();
  EXPECT_TRUE(ask(gate, 4, context).asked.all().item<bool>());
}

TEST(Gate, LogitsAreBoundedSoThatNobodyIsShutOutForGood) {
  Gate gate(small(2));
  gate.eval();
  const at::Tensor scores = ask(gate, 2, 1e6 * torch::randn({64, kXDim})).scores;
  EXPECT_GT(scores.min().item<float>(), std::exp(-8.0F) / 2);
}

TEST(Gate, ShapesThatDoNotFitThrow) {
  EXPECT_THROW(Gate(small(0)), c10::Error);
  Gate gate(small(2));
  EXPECT_THROW(ask(gate, 3, torch::randn({4, kXDim + 1})), c10::Error);
  EXPECT_THROW(ask(gate, 3, torch::randn({kXDim})), c10::Error);
  EXPECT_THROW(gate.forward(some_synapses(3), torch::rand({4}), torch::randn({4, kXDim})),
               c10::Error);
}

}  // namespace
}  // namespace bittensor
