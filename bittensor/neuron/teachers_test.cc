// SPDX-License-Identifier: MIT
#include "bittensor/neuron/teachers.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "torch/torch.h"

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
  teachers.add({from(peer, {-10, 5, 0})}, own, as_the_mean);
  EXPECT_TRUE(torch::equal(own[0].grad(), torch::tensor({-7.0F, 5.0F, 0.0F})));
  EXPECT_EQ(teachers.counts().at(peer).gradients, 1);
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
