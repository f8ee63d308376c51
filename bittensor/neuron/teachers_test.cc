// SPDX-License-Identifier: MIT
#include "bittensor/neuron/teachers.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "torch/types.h"

#include "bittensor/wallet/wallet.h"

namespace bittensor {
namespace {

double as_the_mean(const PublicKey&) {
  return 1;
}

// A parameter of three numbers whose own gradient is (3, 0, 0).
std::vector<at::Tensor> parameters() {
  at::Tensor parameter = torch::zeros({3}).requires_grad_();
  parameter.mutable_grad() = torch::tensor({3.0F, 0.0F, 0.0F});
  return {parameter};
}

TaughtGradients::Taught from(const PublicKey& key, std::vector<float> gradient) {
  return {key, {torch::tensor(gradient)}, 1};
}

TEST(Teachers, KnownOnesAreAddedAsTheyAre) {
  Teachers teachers(LearnFrom::kKnown);
  const auto own = parameters();
  const PublicKey peer = Wallet::create().key();
  teachers.add({from(peer, {-5, 5, 0})}, own, as_the_mean);
  EXPECT_TRUE(torch::equal(own[0].grad(), torch::tensor({-2.0F, 5.0F, 0.0F})));
  EXPECT_EQ(teachers.counts().at(peer).gradients, 1);
}

TEST(Teachers, KnownOnesTogetherHaveALimit) {
  Teachers teachers(LearnFrom::kKnown);
  const auto own = parameters();
  std::vector<TaughtGradients::Taught> many;
  for (int i = 0; i < 30; ++i) many.push_back(from(Wallet::create().key(), {0, 8, 6}));
  teachers.add(many, own, as_the_mean);
  EXPECT_TRUE(torch::allclose(
      own[0].grad(), torch::tensor({3.0F, 0.8F * Teachers::kMaxNorm, 0.6F * Teachers::kMaxNorm})));
}

TEST(Teachers, EarnedOneThatPointsAwayDoesNothing) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  const PublicKey liar = Wallet::create().key();
  teachers.add({from(liar, {-1e6F, 0, 0})}, own, as_the_mean);
  EXPECT_TRUE(torch::equal(own[0].grad(), torch::tensor({3.0F, 0.0F, 0.0F})));
  EXPECT_LT(teachers.counts().at(liar).trust, 0);
}

TEST(Teachers, EarnedOneCountsByItsCosineAtTheOwnLength) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  teachers.add({from(Wallet::create().key(), {600, 800, 0})}, own, as_the_mean);  // cosine 0.6
  // 0.6 times a gradient of the own length 3 in its direction (0.6, 0.8).
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({3 + 1.08F, 1.44F, 0.0F})));
}

TEST(Teachers, EarnedOnesTogetherAreNotLongerThanTheOwn) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  std::vector<TaughtGradients::Taught> many;
  for (int i = 0; i < 20; ++i) many.push_back(from(Wallet::create().key(), {1, 0, 0}));
  teachers.add(many, own, as_the_mean);
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({6.0F, 0.0F, 0.0F})));
}

TEST(Teachers, EarnedOneCountsByItsWeight) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  teachers.add({from(Wallet::create().key(), {1, 0, 0})}, own,
               [](const PublicKey&) { return 0.25; });
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({3.75F, 0.0F, 0.0F})));
}

TEST(Teachers, EarnedOneBeyondWhatAFloatCanBeDoesNothing) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  const PublicKey huge = Wallet::create().key();
  for (const float value : {INFINITY, NAN, 3e38F})
    teachers.add({from(huge, {value, 0, 0})}, own, as_the_mean);
  EXPECT_TRUE(own[0].grad().isfinite().all().item<bool>());
  EXPECT_LE(own[0].grad().norm().item<double>(), 6.001);  // The last may count in full, once.
  EXPECT_TRUE(std::isfinite(teachers.counts().at(huge).trust));
}

constexpr double kGuessing = 2.3;

TEST(Teachers, LessonsWhoseLabelsSurpriseLittleAreBelieved) {
  Teachers teachers(LearnFrom::kEarned);
  const PublicKey peer = Wallet::create().key();
  double belief = 0;
  for (int i = 0; i < 100; ++i) belief = teachers.judge(peer, 0.23, kGuessing);
  EXPECT_NEAR(belief, 0.9, 1e-6);
  EXPECT_NEAR(teachers.counts().at(peer).lesson_loss, 0.23, 1e-6);
}

TEST(Teachers, LessonsThatAreWorseThanGuessingAreNotBelieved) {
  Teachers teachers(LearnFrom::kEarned);
  EXPECT_EQ(teachers.judge(Wallet::create().key(), 5, kGuessing), 0);
  EXPECT_EQ(teachers.judge(Wallet::create().key(), INFINITY, kGuessing), 0);
  EXPECT_EQ(teachers.judge(Wallet::create().key(), NAN, kGuessing), 0);
}

TEST(Teachers, OneThatTurnsIsNotBelievedForLongAndMayComeBack) {
  Teachers teachers(LearnFrom::kEarned);
  const PublicKey peer = Wallet::create().key();
  for (int i = 0; i < 1000; ++i) teachers.judge(peer, 0.1, kGuessing);
  for (int i = 0; i < 15; ++i) teachers.judge(peer, 1e6, kGuessing);
  EXPECT_EQ(teachers.judge(peer, 1e6, kGuessing), 0);
  for (int i = 0; i < 100; ++i) teachers.judge(peer, 0.1, kGuessing);
  EXPECT_GT(teachers.judge(peer, 0.1, kGuessing), 0.9);
}

TEST(Teachers, ALessonIsAdded) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  teachers.add_lesson({torch::tensor({0.0F, 2.0F, 0.0F})}, 0.5, own);
  EXPECT_TRUE(torch::equal(own[0].grad(), torch::tensor({3.0F, 1.0F, 0.0F})));
}

TEST(Teachers, ALessonIsNotLongerThanTheOwnGradientWasLately) {
  Teachers teachers(LearnFrom::kEarned);
  const auto own = parameters();
  teachers.add_lesson({torch::tensor({0.0F, 1e9F, 0.0F})}, 1, own);
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({3.0F, 3.0F, 0.0F})));
  own[0].mutable_grad() = torch::tensor({0.0F, 0.0F, 0.1F});  // The own data are learnt.
  teachers.add_lesson({torch::tensor({2.0F, 0.0F, 0.0F})}, 1, own);
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({2.0F, 0.0F, 0.1F})));
  teachers.add_lesson({torch::tensor({NAN, 0.0F, 0.0F})}, 1, own);
  EXPECT_TRUE(torch::allclose(own[0].grad(), torch::tensor({2.0F, 0.0F, 0.1F})));
}

TEST(Teachers, CountABoundedNumber) {
  Teachers teachers(LearnFrom::kEarned);
  std::string key(PublicKey::kSize, 'k');
  for (int i = 0; i < 2000; ++i) {
    key[0] = static_cast<char>(i % 256);
    key[1] = static_cast<char>(i / 256);
    teachers.count_lessons(PublicKey::from_bytes(key).value(), 1);
  }
  EXPECT_LE(teachers.counts().size(), Teachers::kMaxCounted + 1);
  EXPECT_EQ(teachers.counts().at(PublicKey()).lessons, 2000 - 1024);
}

TEST(Teachers, KnownOnesAreTrusted) {
  Teachers teachers(LearnFrom::kKnown);
  const PublicKey peer = Wallet::create().key();
  teachers.count_lessons(peer, 16);
  EXPECT_EQ(teachers.counts().at(peer).trust, 1);
}

TEST(Teachers, WithoutAnOwnGradientNothingIsEarned) {
  Teachers teachers(LearnFrom::kEarned);
  const at::Tensor parameter = torch::zeros({3}).requires_grad_();
  teachers.add({from(Wallet::create().key(), {1, 0, 0})}, {parameter}, as_the_mean);
  EXPECT_FALSE(parameter.grad().defined());
}

}  // namespace
}  // namespace bittensor
