// SPDX-License-Identifier: MIT
#include "bittensor/router/prediction.h"

#include <limits>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/router/testing/some_synapses.h"

namespace bittensor {
namespace {

constexpr float kSure = 8;  // a logit

// Logits [rows, 3] that are sure of `classes`, or of nothing where one is -1.
at::Tensor sure_of(const std::vector<std::int64_t>& classes) {
  at::Tensor logits = torch::zeros({static_cast<std::int64_t>(classes.size()), 3});
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] >= 0) logits[static_cast<std::int64_t>(i)][classes[i]] = kSure;
  }
  return logits;
}

Answer predicting(const at::Tensor& prediction) {
  Answer answer;
  answer.output = torch::zeros({prediction.defined() ? prediction.size(0) : 1, 4});
  answer.prediction = prediction;
  return answer;
}

// Every synapse is asked about each of `batch` rows, with equal scores.
Route route_asking_all(std::int64_t n, std::int64_t batch) {
  Route route;
  route.synapses = some_synapses(n);
  route.scores = torch::full({batch, n}, 1.0F / static_cast<float>(n));
  route.rows.assign(static_cast<std::size_t>(n), torch::arange(batch));
  return route;
}

// Predictions that have seen all `n` peers be right.
Predictions trusting(std::int64_t n) {
  Predictions predictions;
  std::vector<Answer> right(static_cast<std::size_t>(n), predicting(sure_of({0, 1, 2})));
  for (int i = 0; i < 50; ++i) {
    predictions.learn(route_asking_all(n, 3), right, torch::tensor({0, 1, 2}), sure_of({0, 1, 2}),
                      torch::full({n}, 1.0F / static_cast<float>(n)));
  }
  return predictions;
}

TEST(Predictions, WhoIsSureIsHeard) {
  const at::Tensor joined = trusting(2).join(
      route_asking_all(2, 2), {predicting(sure_of({1, -1})), predicting(sure_of({-1, -1}))},
      sure_of({-1, 2}));
  EXPECT_TRUE(torch::equal(joined.argmax(1), torch::tensor({1, 2})));
  EXPECT_TRUE(torch::allclose(joined.exp().sum(1), torch::ones({2}), 1e-4, 1e-4));
}

TEST(Predictions, OneThatIsAsSureAsTheNeuronDoesNotOutvoteIt) {
  const at::Tensor joined =
      trusting(1).join(route_asking_all(1, 1), {predicting(sure_of({1}))}, sure_of({2}));
  EXPECT_EQ(joined.argmax(1).item<std::int64_t>(), 2);
}

TEST(Predictions, ThreeThatAreAsSureDo) {
  const std::vector<Answer> answers(3, predicting(sure_of({1})));
  const at::Tensor joined = trusting(3).join(route_asking_all(3, 1), answers, sure_of({2}));
  EXPECT_EQ(joined.argmax(1).item<std::int64_t>(), 1);
}

TEST(Predictions, StrangersThatHaveNotBeenRightYetAreHeardLittle) {
  const std::vector<Answer> answers(2, predicting(sure_of({1})));
  const at::Tensor joined = Predictions().join(route_asking_all(2, 1), answers, sure_of({2}));
  EXPECT_EQ(joined.argmax(1).item<std::int64_t>(), 2);
}

TEST(Predictions, BeingLoudHasALimit) {
  Answer loud = predicting(sure_of({1}) * 1e6F);
  const at::Tensor joined = Predictions().join(route_asking_all(1, 1), {loud}, sure_of({2}));
  EXPECT_GT(joined.exp()[0][2].item<double>(), 0.04);
}

// Beside a neuron that knows the classes 0 and 1, and nobody else.
class Stranger : public ::testing::Test {
 protected:
  // `batches` in which the stranger says `logits` [2, 3] of one sample each of the classes 0 and 1.
  void says(const at::Tensor& logits, int batches) {
    for (int i = 0; i < batches; ++i) {
      predictions_.learn(route_asking_all(1, 2), {predicting(logits)}, torch::tensor({0, 1}),
                         sure_of({0, 1}), torch::ones({1}));
    }
  }
  double trust() const { return predictions_.trust(some_synapses(1)[0].key, 3); }
  // What is joined where the stranger says `logits` and the neuron `own`.
  std::int64_t joined(const at::Tensor& logits, const at::Tensor& own) const {
    return predictions_.join(route_asking_all(1, 1), {predicting(logits)}, own)
        .argmax(1)
        .item<std::int64_t>();
  }

  Predictions predictions_;
};

TEST_F(Stranger, ThatIsLoudAndWrongHasNoSay) {
  const at::Tensor loud = sure_of({1, 2}) * 1e6F;
  says(loud, 3);
  EXPECT_EQ(trust(), 0);
  EXPECT_EQ(joined(sure_of({2}) * 1e6F, sure_of({0})), 0);
  EXPECT_EQ(joined(sure_of({2}) * 1e6F, sure_of({-1}) + sure_of({1}) / 8), 1);  // nor here
}

TEST_F(Stranger, ThatIsQuietWhereItIsRightAndLoudWhereItIsWrongHasNoSay) {
  at::Tensor sly = sure_of({0, 2});
  sly[1] *= 10;
  says(sly, 20);
  EXPECT_EQ(trust(), 0);
}

TEST_F(Stranger, ThatIsQuietAboutWhatItDoesNotKnowKeepsTheTrustOfANewcomer) {
  const double before = trust();
  says(sure_of({-1, -1}), 200);
  EXPECT_GT(trust(), before / 3);
  EXPECT_EQ(joined(sure_of({2}), sure_of({-1})), 2);  // It is heard about what it knows.
}

TEST_F(Stranger, ThatIsRightEarnsTrust) {
  says(sure_of({0, 1}), 50);
  EXPECT_GT(trust(), 0.9);
}

TEST_F(Stranger, ThatTurnsLosesItsTrust) {
  says(sure_of({0, 1}), 500);
  says(sure_of({1, 0}), 100);
  EXPECT_LT(trust(), 0.1);
}

TEST(Predictions, LogitsAsLargeAsAFloatCanBeLeaveNoNaN) {
  constexpr float kMax = std::numeric_limits<float>::max();
  const at::Tensor own = torch::zeros({1, 16});
  for (const int period : {2, 4, 8, 16}) {  // whatever the order in which they are added
    Answer huge = predicting(torch::where(torch::arange(16).remainder(period).lt(period / 2),
                                          torch::full({1, 16}, kMax), torch::full({1, 16}, -kMax)));
    const at::Tensor joined = Predictions().join(route_asking_all(1, 1), {huge}, own);
    EXPECT_TRUE(joined.isfinite().all().item<bool>()) << period;
  }
}

TEST(Predictions, OfNobodyAreUndefined) {
  Answer failed = predicting(sure_of({1}));
  failed.status = absl::UnavailableError("gone");
  EXPECT_FALSE(
      Predictions().join(route_asking_all(2, 1), {failed, predicting({})}, sure_of({2})).defined());
}

TEST(Predictions, OfAnotherNumberOfClassesDoNotCount) {
  const std::vector<Answer> answers = {predicting(torch::zeros({1, 7}))};
  EXPECT_FALSE(Predictions().join(route_asking_all(1, 1), answers, sure_of({2})).defined());
}

TEST(Predictions, SharesFollowHowOftenEachIsRight) {
  const at::Tensor shares =
      Predictions().learn(route_asking_all(3, 4),
                          {predicting(sure_of({0, 1, 2, 0})), predicting(sure_of({0, 1, 2, -1})),
                           predicting(sure_of({1, 2, 0, 1}))},
                          torch::tensor({0, 1, 2, 0}), {}, torch::full({3}, 0.3F));
  EXPECT_GT(shares[0].item<float>(), shares[1].item<float>());
  EXPECT_GT(shares[1].item<float>(), 100 * shares[2].item<float>());
}

TEST(Predictions, SharesLeaveOutWhatNobodyLabelled) {
  const at::Tensor shares = Predictions().learn(
      route_asking_all(2, 2), {predicting(sure_of({1, 0})), predicting(sure_of({1, 2}))},
      torch::tensor({1, -100}), {}, torch::full({2}, 0.5F));
  EXPECT_NEAR(shares[0].item<float>(), shares[1].item<float>(), 1e-6);
}

TEST(Predictions, ThoseThatPredictDivideWhatTheyHaveTogether) {
  const at::Tensor shares = Predictions().learn(
      route_asking_all(3, 2),
      {predicting(sure_of({0, 1})), predicting({}), predicting(sure_of({2, 2}))},
      torch::tensor({0, 1}), {}, torch::tensor({0.3F, 0.1F, 0.6F}));
  EXPECT_NEAR(shares[0].item<float>(), 0.9F, 1e-3);
  EXPECT_NEAR(shares[1].item<float>(), 0.1F, 1e-6);
}

TEST(Predictions, SharesOfBeginnersAreWhatTheyWereOtherwise) {
  const at::Tensor otherwise = torch::ones({1});
  EXPECT_TRUE(torch::equal(Predictions().learn(route_asking_all(1, 1), {predicting(sure_of({0}))},
                                               torch::tensor({1}), {}, otherwise),
                           otherwise));
}

TEST(Predictions, SharesWithoutPredictionsAreWhatTheyWereOtherwise) {
  const at::Tensor otherwise = torch::tensor({0.2F, 0.8F});
  EXPECT_TRUE(
      torch::equal(Predictions().learn(route_asking_all(2, 1), {predicting({}), predicting({})},
                                       torch::tensor({1}), {}, otherwise),
                   otherwise));
}

}  // namespace
}  // namespace bittensor
