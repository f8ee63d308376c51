// SPDX-License-Identifier: MIT
#include "bittensor/router/contribution.h"

#include "gtest/gtest.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

// Three synapses that are asked about all of four rows, and what they answer.
struct Asked {
  explicit Asked(const at::Tensor& said) {  // [3, 4, dim]
    torch::manual_seed(1);
    Router::Options options;
    options.x_dim = 5;
    options.topk = 3;
    options.network_dim = said.size(2);
    router = std::make_shared<Router>(options);
    router->eval();
    route = router->route(some_synapses(3), {}, torch::randn({4, 5}),
                          Inputs::of_tensor(torch::zeros({4, 1})));
    for (int i = 0; i < 3; ++i) answers.push_back({absl::OkStatus(), said[i], {}});
  }

  at::Tensor network_context() const { return router->join(route, answers); }

  // Of the loss `slope` · network context, which is linear.
  at::Tensor contributions_to(const at::Tensor& slope) const {
    const at::Tensor context = network_context();
    context.retain_grad();
    (context * slope).sum().backward();
    return contributions(route, answers, context);
  }

  std::shared_ptr<Router> router;
  Route route;
  std::vector<Answer> answers;
};

TEST(Contribution, IsTheLossWithoutThePeerWhereTheLossIsLinear) {
  const Asked asked(torch::randn({3, 4, 2}));
  const at::Tensor slope = torch::randn({4, 2});
  const at::Tensor estimated = asked.contributions_to(slope);
  const double with_all = (asked.network_context() * slope).sum().item<double>();
  for (int i = 0; i < 3; ++i) {
    Asked without = asked;
    without.answers[i].status = absl::UnavailableError("left out");
    const double rise = (without.network_context() * slope).sum().item<double>() - with_all;
    EXPECT_NEAR(estimated[i].item<double>(), rise, 1e-4) << i;
  }
}

TEST(Contribution, OfOneThatPushesTheLossUpIsNegative) {
  at::Tensor answers = torch::zeros({3, 4, 1});
  answers[1] = 1;   // the loss below grows with it
  answers[2] = -1;  // and falls with this
  const at::Tensor estimated = Asked(answers).contributions_to(torch::ones({4, 1}));
  EXPECT_LT(estimated[1].item<double>(), 0);
  EXPECT_GT(estimated[2].item<double>(), 0);
}

TEST(Contribution, OfOneThatDidNotAnswerIsZeroAndTheOthersShareItsPart) {
  Asked asked(torch::randn({3, 4, 2}));
  asked.answers[0].status = absl::DeadlineExceededError("late");
  const at::Tensor estimated = asked.contributions_to(torch::ones({4, 2}));
  EXPECT_EQ(estimated[0].item<double>(), 0);
  EXPECT_NEAR(score_shares(asked.route, asked.answers).sum().item<double>(), 1, 1e-5);
  EXPECT_EQ(score_shares(asked.route, asked.answers)[0].item<double>(), 0);
}

TEST(Contribution, OfAShorterAnswerToTextIsThatOfTheAnswerFilledWithZeros) {
  const at::Tensor said = torch::randn({3, 4, 5 * 2});
  const auto estimated = [&](std::int64_t length) {
    Asked asked(said);
    Router::Options options;
    options.x_dim = 5;
    options.topk = 3;
    options.network_dim = 2;
    asked.router = std::make_shared<Router>(options);
    asked.route.modality = Modality::kText;
    for (Answer& answer : asked.answers) answer.output = answer.output.reshape({4, 5, 2});
    at::Tensor& first = asked.answers[0].output;
    first = length > 5 ? torch::constant_pad_nd(first, {0, 0, 0, length - 5})
                       : first.slice(1, 0, length);
    const at::Tensor context = asked.router->join(asked.route, asked.answers, /*sequence=*/5);
    context.retain_grad();
    context.slice(1, 0, 3).sum().backward();  // what counts is at the first three positions
    return contributions(asked.route, asked.answers, context);
  };
  EXPECT_TRUE(torch::allclose(estimated(3), estimated(5), 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(estimated(7), estimated(5), 1e-4, 1e-5));
  EXPECT_GT(estimated(5).abs().max().item<double>(), 1e-3);
}

TEST(Contribution, WithoutAGradientNobodyContributes) {
  const Asked asked(torch::randn({3, 4, 2}));
  EXPECT_TRUE(torch::equal(contributions(asked.route, asked.answers, asked.network_context()),
                           torch::zeros({3})));
}

TEST(Contribution, SharesAreOfThePositivePartsSquaredAndNeverQuiteZero) {
  const at::Tensor shares = contribution_shares(torch::tensor({3.0F, -5.0F, 1.0F, NAN}));
  EXPECT_TRUE(torch::allclose(shares, torch::tensor({0.9F, 1e-4F, 0.1F, 1e-4F})));
  EXPECT_TRUE(
      torch::allclose(contribution_shares(torch::tensor({0.0F, -1.0F})), torch::full({2}, 1e-4F)));
  EXPECT_EQ(contribution_shares(torch::tensor({-1.0F})).item<float>(), 1);
}

TEST(Contribution, SharesDoNotDependOnHowSmallTheContributionsAre) {
  const at::Tensor contributions = torch::tensor({3.0F, 1.0F});
  EXPECT_TRUE(torch::allclose(contribution_shares(1e-18 * contributions),
                              contribution_shares(contributions)));
}

}  // namespace
}  // namespace bittensor
