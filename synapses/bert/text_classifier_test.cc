// SPDX-License-Identifier: MIT
#include "synapses/bert/text_classifier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "synapses/class_losses.h"
#include "torch/optim/adamw.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

class TextClassifier : public ::testing::Test {
 protected:
  TextClassifier() {
    torch::manual_seed(1);
    synapse_ = make("words");
    synapse_->eval();
  }

  static std::shared_ptr<BertTextClassifier> make(std::string task,
                                                  Precision precision = Precision::kFloat32) {
    const auto tokenizer = tokenizer_of("good bad film book a the was");
    BertConfig config;
    config.vocab_size = static_cast<std::int64_t>(tokenizer->vocabulary().size());
    config.hidden_size = 16;
    config.num_hidden_layers = 2;
    config.num_attention_heads = 2;
    config.intermediate_size = 32;
    config.max_position_embeddings = 16;
    config.initializer_range = 0.2;
    config.num_labels = 2;
    BertTextClassifier::Options options;
    options.network_dim = 24;
    options.student = options.joint = 8;
    options.task = std::move(task);
    options.precision = precision;
    return std::make_shared<BertTextClassifier>(
        options, std::make_shared<BertForSequenceClassification>(config), tokenizer);
  }

  torch::Tensor pooled() { return synapse_->encode(synapse_->input_of(texts_)); }

  const std::vector<std::string> texts_ = {"the book was good", "bad", "a film"};
  const torch::Tensor labels_ = torch::tensor({1, 0, 1}, torch::kLong);
  std::shared_ptr<BertTextClassifier> synapse_;
};

TEST_F(TextClassifier, AloneItIsTheModelAsItIs) {
  const BertInput input = synapse_->input_of(texts_);
  const auto local = synapse_->forward_local(synapse_->encode(input), labels_);
  const BertHeadOutput wanted = synapse_->model().forward(input, labels_);
  EXPECT_TRUE(torch::equal(local.output.local_target, wanted.logits));
  EXPECT_NEAR(local.output.local_target_loss.item<double>(), wanted.loss.item<double>(), 1e-6);
  local.output.loss.backward();
  const auto gradient = [&] {
    return synapse_->model()
        .named_parameters()["bert.encoder.layer.0.output.dense.weight"]
        .grad()
        .clone();
  };
  const torch::Tensor ours = gradient();
  synapse_->zero_grad();
  wanted.loss.backward();
  EXPECT_TRUE(torch::allclose(ours, gradient(), 1e-5, 1e-7));
}

TEST_F(TextClassifier, EachTextIsAnsweredAsItWouldBeAlone) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor together = synapse_->forward_text(texts_);
  ASSERT_EQ(together.sizes(), (std::vector<std::int64_t>{3, 1, 24}));
  for (std::int64_t i = 0; i < 3; ++i) {
    const torch::Tensor alone = synapse_->forward_text({texts_[static_cast<std::size_t>(i)]});
    EXPECT_TRUE(torch::allclose(together[i], alone[0], 1e-4, 1e-5)) << i;
  }
  const auto local = synapse_->forward_local(pooled(), labels_);
  EXPECT_TRUE(torch::allclose(together.squeeze(1), local.output.local_output, 1e-4, 1e-5));
}

TEST_F(TextClassifier, PredictsForThoseOfTheSameTask) {
  EXPECT_EQ(synapse_->schema().task, (Task{"words", 2}));
  EXPECT_EQ(synapse_->predict(synapse_->forward_text(texts_)).sizes(),
            (std::vector<std::int64_t>{3, 2}));
  const auto none = make("");
  EXPECT_FALSE(none->schema().task.defined());
  EXPECT_FALSE(none->predict(none->forward_text(texts_)).defined());
}

TEST_F(TextClassifier, NetworkPathSeesTheNetworkAlone) {
  const torch::Tensor context = torch::randn({3, 1, 24}).requires_grad_();
  const auto output = synapse_->forward_network(synapse_->forward_local(pooled(), labels_), labels_,
                                                {context, {}, 0});
  output.network_target_loss.backward();
  EXPECT_GT(context.grad().abs().sum().item<double>(), 0);
  for (const torch::Tensor& parameter : synapse_->model().parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST_F(TextClassifier, FrozenLayersGetNoGradients) {
  synapse_->freeze(1);
  synapse_->forward_local(pooled(), labels_).output.loss.backward();
  const auto parameters = synapse_->model().named_parameters();
  EXPECT_FALSE(parameters["bert.embeddings.word_embeddings.weight"].grad().defined());
  EXPECT_FALSE(parameters["bert.encoder.layer.0.output.dense.weight"].grad().defined());
  EXPECT_TRUE(parameters["bert.encoder.layer.1.output.dense.weight"].grad().defined());
  const auto copied = synapse_->copy();
  EXPECT_FALSE(copied->named_parameters()["classification.bert.embeddings.word_embeddings.weight"]
                   .requires_grad());
}

// Rounded to eight bits at each matrix, and yet it learns as far.
TEST_F(TextClassifier, LearnsInMixedPrecision) {
  std::vector<double> losses;
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    torch::manual_seed(1);
    const auto synapse = make("", precision);
    const BertInput input = synapse->input_of(texts_);
    const torch::Tensor first = synapse->encode(input);
    EXPECT_EQ(first.scalar_type(), at::kFloat);
    torch::optim::AdamW optimizer(synapse->parameters(), torch::optim::AdamWOptions(3e-3));
    for (int step = 0; step < 60; ++step) {
      optimizer.zero_grad();
      synapse->forward_local(synapse->encode(input), labels_).output.loss.backward();
      optimizer.step();
    }
    for (const auto& parameter : synapse->parameters()) {
      EXPECT_EQ(parameter.scalar_type(), at::kFloat);
    }
    synapse->eval();
    losses.push_back(synapse->forward_local(synapse->encode(input), labels_)
                         .output.local_target_loss.item<double>());
  }
  EXPECT_LT(losses[0], 0.1);
  EXPECT_LT(losses[1], 0.1);
  EXPECT_NE(losses[0], losses[1]);
}

TEST_F(TextClassifier, CopyAnswersTheSame) {
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(synapse_->copy()->forward_text(texts_), synapse_->forward_text(texts_)));
}

}  // namespace
}  // namespace bittensor
