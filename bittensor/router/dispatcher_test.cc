// SPDX-License-Identifier: MIT
#include "bittensor/router/dispatcher.h"

#include "gmock/gmock.h"
#include "torch/types.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using testing::IsEmpty;

// Row 0 to synapse 0, row 1 to nobody, row 2 to 0 and 1; synapse 2 gets nothing.
const at::Tensor kAsked = torch::tensor({1, 0, 0, 0, 0, 0, 1, 1, 0}).view({3, 3}).to(torch::kBool);

constexpr AnswerShape kWide2 = {Modality::kTensor, 2, 0};
constexpr AnswerShape kText2 = {Modality::kText, 2, 0};

Answer answer(at::Tensor output) {
  return {absl::OkStatus(), std::move(output), {}};
}
Answer failure(at::Tensor output) {
  return {absl::UnavailableError("gone"), std::move(output), {}};
}

TEST(Split, EachSynapseGetsItsRows) {
  const at::Tensor images = torch::arange(12.0F).view({3, 1, 2, 2});
  const Split parts = split(kAsked, Inputs::of_image(images));
  ASSERT_EQ(parts.rows.size(), 3U);
  EXPECT_TRUE(torch::equal(parts.rows[0], torch::tensor({0, 2})));
  EXPECT_TRUE(torch::equal(parts.rows[1], torch::tensor({2})));
  EXPECT_EQ(parts.rows[2].numel(), 0);
  ASSERT_EQ(parts.requests.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(parts.requests[i].modality, Modality::kImage);
    EXPECT_TRUE(torch::equal(parts.requests[i].tensor, images.index_select(0, parts.rows[i])));
    EXPECT_TRUE(parts.requests[i].tensor.is_contiguous());
  }
}

TEST(Split, EachSynapseGetsItsTexts) {
  const Split parts = split(kAsked, Inputs::of_text({"a", "b", "c"}));
  ASSERT_EQ(parts.requests.size(), 3U);
  EXPECT_THAT(parts.requests[0].text, ElementsAre("a", "c"));
  EXPECT_THAT(parts.requests[1].text, ElementsAre("c"));
  EXPECT_THAT(parts.requests[2].text, IsEmpty());
  EXPECT_EQ(parts.requests[2].modality, Modality::kText);
}

TEST(Split, AllRowsToEverybodyIsNotCopied) {
  const at::Tensor inputs = torch::rand({4, 5});
  const Split parts = split(torch::ones({4, 3}, torch::kBool), Inputs::of_tensor(inputs));
  for (const Inputs& request : parts.requests) EXPECT_TRUE(request.tensor.is_same(inputs));
  for (const at::Tensor& rows : parts.rows) EXPECT_TRUE(torch::equal(rows, torch::arange(4)));
}

TEST(Split, NobodyToAskOrNothingToAskIsFine) {
  EXPECT_THAT(
      split(torch::ones({4, 0}, torch::kBool), Inputs::of_tensor(torch::rand({4, 5}))).requests,
      IsEmpty());
  const Split none =
      split(torch::zeros({4, 2}, torch::kBool), Inputs::of_tensor(torch::rand({4, 5})));
  EXPECT_EQ(none.requests[1].batch(), 0);
  EXPECT_THROW(split(kAsked, Inputs::of_text({"a"})), c10::Error);
}

TEST(Split, GradientReachesTheInputs) {
  const at::Tensor inputs = torch::rand({3, 2}).requires_grad_();
  const Split parts = split(kAsked, Inputs::of_tensor(inputs));
  (parts.requests[0].tensor.sum() + parts.requests[1].tensor.sum()).backward();
  EXPECT_TRUE(torch::equal(inputs.grad().select(1, 0), torch::tensor({1.0F, 0.0F, 2.0F})));
}

class Join : public ::testing::Test {
 protected:
  at::Tensor joined(const std::vector<Answer>& answers, const AnswerShape& shape = kWide2) const {
    return join(scores_, split(kAsked, Inputs::of_text({"a", "b", "c"})).rows, answers, shape);
  }

  const at::Tensor scores_ = torch::tensor({1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.25F, 0.75F, 0.0F})
                                 .view({3, 3})
                                 .requires_grad_();
  const Answer zero_ = answer(torch::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2}));
  const Answer one_ = answer(torch::tensor({10.0F, 20.0F}).view({1, 2}));
  const Answer none_ = answer(torch::zeros({0, 2}));
};

at::Tensor matrix(const std::vector<float>& values) {
  return torch::tensor(values).view({3, -1});
}

TEST_F(Join, AddsUpByScore) {
  EXPECT_TRUE(torch::allclose(joined({zero_, one_, none_}), matrix({1, 2, 0, 0, 8.25, 16})));
}

TEST_F(Join, FailedPeerDoesNotCount) {
  const at::Tensor garbage = torch::full({1, 2}, 1e9F);
  EXPECT_TRUE(
      torch::allclose(joined({zero_, failure(garbage), none_}), matrix({1, 2, 0, 0, 3, 4})));
  EXPECT_TRUE(torch::allclose(joined({failure({}), one_, none_}), matrix({0, 0, 0, 0, 10, 20})));
}

TEST_F(Join, AllFailedIsZeros) {
  EXPECT_TRUE(torch::equal(joined({failure({}), failure({}), failure({})}), torch::zeros({3, 2})));
}

TEST_F(Join, NoSynapsesIsZeros) {
  EXPECT_TRUE(torch::equal(join(torch::zeros({3, 0}), {}, {}, kWide2), torch::zeros({3, 2})));
}

TEST_F(Join, AnswerOfAnotherShapeDoesNotCount) {
  for (const at::Tensor& bad : {at::Tensor(), torch::ones({2, 2}), torch::ones({0, 2}),
                                torch::ones({1, 3}), torch::ones({2}), torch::ones({1, 1, 2}),
                                torch::ones({1, 2}, torch::kLong), torch::tensor(1.0F)}) {
    EXPECT_TRUE(torch::allclose(joined({zero_, answer(bad), none_}), matrix({1, 2, 0, 0, 3, 4})))
        << bad;
  }
}

TEST_F(Join, OtherDtypesAreConverted) {
  const Answer half = answer(one_.output.to(torch::kFloat16));
  EXPECT_TRUE(torch::allclose(joined({zero_, half, none_}), matrix({1, 2, 0, 0, 8.25, 16})));
}

TEST_F(Join, TextsOfUnlikeLengthAreFilledWithZeros) {
  const Answer longer = answer(torch::ones({2, 3, 2}));
  const Answer shorter = answer(torch::ones({1, 1, 2}));
  const at::Tensor text = joined({longer, shorter, none_}, kText2);
  EXPECT_EQ(text.sizes(), (std::vector<std::int64_t>{3, 3, 2}));
  EXPECT_TRUE(torch::allclose(text.select(2, 1), matrix({1, 1, 1, 0, 0, 0, 1, 0.25, 0.25})));
  const AnswerShape two = {Modality::kText, 2, 2};
  EXPECT_TRUE(torch::allclose(joined({longer, shorter, none_}, two).select(2, 0),
                              matrix({1, 1, 0, 0, 1, 0.25})));
  EXPECT_TRUE(
      torch::equal(joined({failure({}), failure({}), none_}, two), torch::zeros({3, 2, 2})));
}

TEST_F(Join, FailedPeerGetsNoGradient) {
  const at::Tensor good = torch::rand({2, 2}).requires_grad_();
  const at::Tensor bad = torch::rand({1, 2}).requires_grad_();
  joined({answer(good), failure(bad), none_}).sum().backward();
  EXPECT_TRUE(torch::allclose(good.grad(), torch::ones({2, 2})));
  EXPECT_FALSE(bad.grad().defined());
  EXPECT_EQ(scores_.grad()[2][1].item<float>(), 0);
}

TEST_F(Join, VanishingScoresGiveFiniteNumbers) {
  const at::Tensor scores = torch::full({1, 1}, 1e-40F).requires_grad_();
  const at::Tensor joined = join(scores, {torch::zeros({1}, torch::kLong)}, {one_}, kWide2);
  joined.sum().backward();
  EXPECT_TRUE(joined.isfinite().all().item<bool>());
  EXPECT_TRUE(scores.grad().isfinite().all().item<bool>());
}

// float32 is joined in one pass, float64 by the operations that say what it means.
TEST_F(Join, GivesTheNumbersAndGradientsOfPlainOperations) {
  torch::manual_seed(9);
  constexpr std::int64_t kBatch = 40;
  const at::Tensor asked = torch::rand({kBatch, 3}) < 0.6;
  const at::Tensor random = torch::rand({kBatch, 3}) * asked;
  const std::vector<at::Tensor> rows =
      split(asked, Inputs::of_tensor(torch::zeros({kBatch, 1}))).rows;
  std::vector<at::Tensor> said;
  for (const at::Tensor& of : rows) said.push_back(torch::randn({of.numel(), 19}));
  const at::Tensor slope = torch::randn({kBatch, 19});
  // The join, then the gradients of scores and outputs; the last peer needs none.
  const auto all = [&](at::ScalarType dtype) {
    const at::Tensor scores = random.to(dtype, false, /*copy=*/true).requires_grad_();
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < said.size(); ++i) {
      answers.push_back(answer(said[i].to(dtype, false, /*copy=*/true).requires_grad_(i < 2)));
    }
    const at::Tensor result = join(scores, rows, answers, {Modality::kTensor, 19, 0});
    (result * slope.to(dtype)).sum().backward();
    EXPECT_FALSE(answers[2].output.grad().defined());
    return std::vector<at::Tensor>{result.detach(), scores.grad(), answers[0].output.grad(),
                                   answers[1].output.grad()};
  };
  const std::vector<at::Tensor> fast = all(torch::kFloat);
  const std::vector<at::Tensor> plain = all(torch::kDouble);
  for (std::size_t i = 0; i < fast.size(); ++i) {
    EXPECT_TRUE(torch::allclose(fast[i].to(torch::kDouble), plain[i], 1e-4, 1e-5)) << i;
  }
}

TEST_F(Join, AnotherNumberOfAnswersThrows) {
  EXPECT_THROW(joined({zero_, one_}), c10::Error);
}

}  // namespace
}  // namespace bittensor
