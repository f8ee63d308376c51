// SPDX-License-Identifier: MIT
#include "synapses/bert/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

std::string refusal(const char* json) {
  const auto config = BertConfig::parse(json);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << json;
  return std::string(config.status().message());
}

TEST(BertConfig, DefaultsAreBertBase) {
  const auto config = BertConfig::parse("{}");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->vocab_size, 30522);
  EXPECT_EQ(config->hidden_size, 768);
  EXPECT_EQ(config->num_hidden_layers, 12);
  EXPECT_EQ(config->hidden_act, "gelu");
  EXPECT_EQ(config->num_labels, 2);
}

TEST(BertConfig, ReadsAFile) {
  const auto config = BertConfig::load("tests/golden/bert/model/config.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->vocab_size, 97);
  EXPECT_EQ(config->num_labels, 3);
  EXPECT_EQ(BertConfig::load("no/such.json").status().code(), absl::StatusCode::kNotFound);
}

TEST(BertConfig, ComesBackAsItWasWritten) {
  BertConfig config;
  config.hidden_size = 24;
  config.num_attention_heads = 3;
  config.hidden_act = "gelu_new";
  config.hidden_dropout_prob = 0.25;
  config.classifier_dropout = 0.5;
  config.num_labels = 2;
  config.labels = {"ham", "spam"};
  config.position_embedding_type = "relative_key_query";
  config.is_decoder = true;
  config.add_cross_attention = true;
  config.tie_word_embeddings = false;
  config.problem_type = "regression";
  config.architectures = {"BertForSequenceClassification"};
  const auto back = BertConfig::parse(config.to_json());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->to_json(), config.to_json());
  EXPECT_EQ(back->classifier_dropout, 0.5);
  EXPECT_EQ(back->num_labels, 2);
  EXPECT_EQ(back->label(1), "spam");
  EXPECT_EQ(BertConfig().label(1), "LABEL_1");
}

TEST(BertConfig, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(refusal(R"({"vocab_size": "many"})"), HasSubstr("vocab_size"));
  EXPECT_THAT(refusal(R"({"vocab_size": 0})"), HasSubstr("vocab_size"));
  EXPECT_THAT(refusal(R"({"vocab_size": 99999999999})"), HasSubstr("vocab_size"));
  EXPECT_THAT(refusal(R"({"hidden_size": 100, "num_attention_heads": 3})"), HasSubstr("multiple"));
  EXPECT_THAT(refusal(R"({"hidden_act": "prelu"})"),
              HasSubstr("\"prelu\" has parameters of its own"));
  EXPECT_THAT(refusal(R"({"hidden_act": "gelo"})"), HasSubstr("\"gelo\" is unknown"));
  EXPECT_THAT(refusal(R"({"hidden_dropout_prob": 1})"), HasSubstr("hidden_dropout_prob"));
  EXPECT_THAT(refusal(R"({"pad_token_id": 30522})"), HasSubstr("pad_token_id"));
  EXPECT_THAT(refusal("[]"), HasSubstr("object"));
}

TEST(BertConfig, RefusesOtherModels) {
  EXPECT_THAT(refusal(R"({"model_type": "roberta"})"), HasSubstr("\"roberta\": not a BERT"));
  EXPECT_THAT(refusal(R"({"position_embedding_type": "rotary"})"), HasSubstr("rotary"));
  EXPECT_THAT(refusal(R"({"add_cross_attention": true})"), HasSubstr("is_decoder"));
  EXPECT_THAT(refusal(R"({"id2label": {"0": "A", "2": "B"}})"), HasSubstr("id2label"));
}

}  // namespace
}  // namespace bittensor
