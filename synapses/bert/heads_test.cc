// SPDX-License-Identifier: MIT
#include "synapses/bert/heads.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/weights.h"
#include "torch/nn/functional/loss.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

BertConfig tiny() {
  BertConfig config;
  config.vocab_size = 50;
  config.hidden_size = 16;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 32;
  config.max_position_embeddings = 12;
  config.num_labels = 3;
  return config;
}

torch::Tensor long_tensor(std::vector<std::int64_t> values) {
  return torch::tensor(values);
}

TEST(BertModel, FreshParametersAreBertsOwn) {
  torch::manual_seed(1);
  BertConfig config = tiny();
  config.hidden_size = 128;
  const BertModel model(config);
  const TensorMap weights = weights_of(model);
  const torch::Tensor query = weights.at("encoder.layer.1.attention.self.query.weight");
  EXPECT_NEAR(query.std().item<double>(), 0.02, 0.001);
  EXPECT_NEAR(query.mean().item<double>(), 0, 0.001);
  EXPECT_TRUE(weights.at("encoder.layer.0.output.dense.bias").equal(torch::zeros({128})));
  EXPECT_TRUE(weights.at("embeddings.LayerNorm.weight").equal(torch::ones({128})));
  const torch::Tensor words = weights.at("embeddings.word_embeddings.weight");
  EXPECT_TRUE(words[0].equal(torch::zeros({128})));
  EXPECT_NEAR(words.slice(0, 1).std().item<double>(), 0.02, 0.001);
}

TEST(BertModel, PaddingChangesNothing) {
  torch::manual_seed(2);
  BertModel model(tiny());
  model.eval();
  const torch::Tensor ids = torch::randint(1, 50, {1, 5}, torch::kLong);
  const torch::Tensor padded = torch::constant_pad_nd(ids, {0, 4}, 0);
  const torch::Tensor mask = torch::constant_pad_nd(torch::ones_like(ids), {0, 4}, 0);
  const torch::Tensor alone = model.forward({ids, {}, {}}).hidden;
  const torch::Tensor beside = model.forward({padded, {}, mask}).hidden.slice(1, 0, 5);
  EXPECT_TRUE(torch::allclose(alone, beside, 1e-5, 1e-6));
}

TEST(BertModel, ATextOfPaddingAloneIsFinite) {
  BertModel model(tiny());
  model.eval();
  const torch::Tensor zeros = torch::zeros({2, 3}, torch::kLong);
  EXPECT_TRUE(model.forward({zeros, {}, zeros}).hidden.isfinite().all().item<bool>());
}

TEST(BertModel, DropoutOnlyTrains) {
  torch::manual_seed(3);
  BertModel model(tiny());
  const BertInput input{torch::randint(1, 50, {2, 6}, torch::kLong), {}, {}};
  EXPECT_FALSE(model.forward(input).hidden.equal(model.forward(input).hidden));
  model.eval();
  EXPECT_TRUE(model.forward(input).hidden.equal(model.forward(input).hidden));
}

TEST(BertModel, ThrowsOnWhatItCannotRead) {
  BertModel model(tiny());
  EXPECT_THROW(model.forward({torch::zeros({1, 13}, torch::kLong), {}, {}}), c10::Error);
  EXPECT_THROW(model.forward({torch::zeros({3}, torch::kLong), {}, {}}), c10::Error);
  EXPECT_THROW(model.forward({torch::full({1, 3}, 50, torch::kLong), {}, {}}), c10::Error);
}

TEST(BertActivation, IsThatOfItsName) {
  const auto at_minus_one = [](const char* name) {
    return find_bert_activation(name)(torch::tensor({-1.0}, torch::kDouble)).item<double>();
  };
  EXPECT_NEAR(at_minus_one("gelu"), -0.15865525393, 1e-9);
  EXPECT_NEAR(at_minus_one("gelu_new"), -0.15880800939, 1e-9);
  EXPECT_NEAR(at_minus_one("gelu_python_tanh"), -0.15880800939, 1e-9);
  EXPECT_EQ(at_minus_one("relu"), 0);
  EXPECT_NEAR(at_minus_one("hardswish"), -1.0 / 3, 1e-9);
  EXPECT_NEAR(at_minus_one("sqrtsoftplus"), 0.55969785371, 1e-9);  // sqrt(log(1 + 1/e))
  EXPECT_EQ(find_bert_activation("prelu"), nullptr);
}

TEST(MakeBertInput, LeavesOutWhatSaysNothing) {
  BertEncoding one;
  one.append(7, 0, {}, false);
  BertEncoding two = one;
  two.append(8, 1, {}, false);
  const BertInput alone = make_bert_input({one});
  EXPECT_TRUE(alone.ids.equal(long_tensor({7}).view({1, 1})));
  EXPECT_FALSE(alone.type_ids.defined());
  EXPECT_FALSE(alone.attention_mask.defined());
  one.pad(2, 0);
  const BertInput both = make_bert_input({one, two});
  EXPECT_TRUE(both.ids.equal(long_tensor({7, 0, 7, 8}).view({2, 2})));
  EXPECT_TRUE(both.type_ids.equal(long_tensor({0, 0, 0, 1}).view({2, 2})));
  EXPECT_TRUE(both.attention_mask.equal(long_tensor({1, 0, 1, 1}).view({2, 2})));
}

TEST(BertForMaskedLM, LossIsThatOfTheWholeText) {
  torch::manual_seed(4);
  BertForMaskedLM model(tiny());
  model.eval();
  const BertInput input{torch::randint(1, 50, {2, 6}, torch::kLong), {}, {}};
  torch::Tensor labels = torch::randint(1, 50, {2, 6}, torch::kLong);
  labels.slice(1, 2).fill_(kBertIgnored);
  const torch::Tensor logits = model.forward(input).logits;
  const torch::Tensor wanted = torch::nn::functional::cross_entropy(logits.transpose(1, 2), labels);
  EXPECT_NEAR(model.forward(input, labels).loss.item<float>(), wanted.item<float>(), 1e-5);
}

TEST(BertForMaskedLM, NothingAskedIsNoLoss) {
  BertForMaskedLM model(tiny());
  const torch::Tensor ids = torch::ones({1, 4}, torch::kLong);
  const torch::Tensor loss = model.forward({ids, {}, {}}, torch::full_like(ids, kBertIgnored)).loss;
  EXPECT_EQ(loss.item<float>(), 0);
  loss.backward();
}

TEST(BertForSequenceClassification, OneLabelIsANumber) {
  BertConfig config = tiny();
  config.num_labels = 1;
  BertForSequenceClassification model(config);
  model.eval();
  const BertInput input{torch::ones({2, 4}, torch::kLong), {}, {}};
  const torch::Tensor logits = model.forward(input).logits;
  const torch::Tensor labels = logits.detach().squeeze(1) + 2;
  EXPECT_NEAR(model.forward(input, labels).loss.item<float>(), 4, 1e-4);
}

TEST(BertForQuestionAnswering, AnswersOutsideTheTextDoNotCount) {
  torch::manual_seed(5);
  BertForQuestionAnswering model(tiny());
  model.eval();
  const BertInput input{torch::randint(1, 50, {2, 4}, torch::kLong), {}, {}};
  const torch::Tensor logits = model.forward(input).logits;
  const auto loss = [&](std::vector<std::int64_t> labels) {
    return model.forward(input, long_tensor(std::move(labels)).view({2, 2})).loss.item<float>();
  };
  const auto begin = torch::log_softmax(logits.select(2, 0), 1);
  const auto end = torch::log_softmax(logits.select(2, 1), 1);
  EXPECT_NEAR(loss({1, 3, -1, 4}), -(begin[0][1].item<float>() + end[0][3].item<float>()) / 2,
              1e-5);
  EXPECT_EQ(loss({4, 4, 9, -1}), 0);
}

TEST(BertForTokenClassification, IgnoredTokensDoNotCount) {
  torch::manual_seed(6);
  BertForTokenClassification model(tiny());
  model.eval();
  const BertInput input{torch::randint(1, 50, {1, 3}, torch::kLong), {}, {}};
  const torch::Tensor logits = model.forward(input).logits;
  const torch::Tensor labels = long_tensor({kBertIgnored, 2, kBertIgnored}).view({1, 3});
  EXPECT_NEAR(model.forward(input, labels).loss.item<float>(),
              -torch::log_softmax(logits, 2)[0][1][2].item<float>(), 1e-5);
}

}  // namespace
}  // namespace bittensor
