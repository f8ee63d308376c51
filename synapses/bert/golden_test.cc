// SPDX-License-Identifier: MIT
//
// The models against tests/golden/bert/bert.safetensors, which make_bert.py computes with
// another implementation.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/heads.h"
#include "synapses/bert/weights.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr double kTolerance = 1e-4;

class BertGolden : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto values = read_safetensors("tests/golden/bert/bert.safetensors");
    ASSERT_TRUE(values.ok()) << values.status();
    values_ = *std::move(values);
    auto config = BertConfig::load("tests/golden/bert/model/config.json");
    ASSERT_TRUE(config.ok()) << config.status();
    config_ = *std::move(config);
  }

  template <typename Model>
  std::shared_ptr<Model> load() const {
    auto model = std::make_shared<Model>(config_);
    const auto report = load_weights("tests/golden/bert/model", *model);
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->missing, IsEmpty());
    EXPECT_THAT(report->unexpected, Each(AnyOf(StartsWith("\"classifier"), StartsWith("\"qa_"),
                                               StartsWith("\"cls"), StartsWith("\"bert.pooler"))));
    model->eval();
    return model;
  }

  torch::Tensor value(const std::string& name) const {
    return values_.at(std::string(GetParam()) + "." + name);
  }
  BertInput input() const { return {value("ids"), value("type_ids"), value("mask")}; }

  // Every 16th position of the long text, 0 at padding: as the file has them.
  torch::Tensor kept(const torch::Tensor& by_position) const {
    const torch::Tensor masked = by_position * value("mask").unsqueeze(-1);
    return masked.slice(1, 0, masked.size(1), masked.size(1) == 512 ? 16 : 1);
  }

  void expect_near(const torch::Tensor& computed, const std::string& name) const {
    const torch::Tensor wanted = value(name);
    ASSERT_EQ(computed.sizes(), wanted.sizes()) << name;
    EXPECT_LT((computed - wanted).abs().max().item<double>(), kTolerance) << name;
  }

  TensorMap values_;
  BertConfig config_;
};

TEST_P(BertGolden, HiddenStatesAndPooler) {
  const BertOutput output = load<BertModel>()->forward(input());
  expect_near(kept(output.hidden), "hidden");
  expect_near(output.pooled, "pooled");
}

TEST_P(BertGolden, WithoutGradientsTheSame) {
  const torch::NoGradGuard no_grad;
  const BertOutput output = load<BertModel>()->forward(input());
  expect_near(kept(output.hidden), "hidden");
  expect_near(output.pooled, "pooled");
}

TEST_P(BertGolden, LogitsOfEveryHead) {
  const torch::NoGradGuard no_grad;
  const auto pre_training = load<BertForPreTraining>();
  const auto pre_trained = pre_training->forward(input());
  expect_near(pre_trained.next_logits, "next_logits");
  expect_near(kept(pre_training->word_logits(pre_trained.hidden)), "word_logits");
  expect_near(kept(load<BertForMaskedLM>()->forward(input()).logits), "word_logits");
  expect_near(load<BertForNextSentencePrediction>()->forward(input()).logits, "next_logits");
  expect_near(load<BertForSequenceClassification>()->forward(input()).logits, "class_logits");
  expect_near(kept(load<BertForTokenClassification>()->forward(input()).logits), "token_logits");
  expect_near(kept(load<BertForQuestionAnswering>()->forward(input()).logits), "answer_logits");
}

class BertGoldenWithLabels : public BertGolden {};

TEST_P(BertGoldenWithLabels, LossAndGradients) {
  const auto model = load<BertForPreTraining>();
  const auto output = model->forward(input(), value("word_labels"), value("next_labels"));
  EXPECT_NEAR(output.loss.item<double>(), value("loss").item<double>(), kTolerance);
  output.loss.backward();
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    expect_near(parameter.value().grad(), "gradient." + parameter.key());
  }
}

const auto kName = [](const auto& param) { return std::string(param.param); };

INSTANTIATE_TEST_SUITE_P(Cases, BertGolden, testing::Values("pairs", "one", "long"), kName);
// "one", a text of a single token, was made without labels (make_bert.py).
INSTANTIATE_TEST_SUITE_P(Cases, BertGoldenWithLabels, testing::Values("pairs", "long"), kName);

}  // namespace
}  // namespace bittensor
