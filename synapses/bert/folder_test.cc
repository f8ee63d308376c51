// SPDX-License-Identifier: MIT
#include "synapses/bert/folder.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/weights.h"
#include "torch/nn/init.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr BertTask kTasks[] = {
    BertTask::kEmbedding,           BertTask::kMaskedWords,      BertTask::kNextWord,
    BertTask::kNextSentence,        BertTask::kClassification,   BertTask::kMultipleChoice,
    BertTask::kTokenClassification, BertTask::kQuestionAnswering};

BertConfig small_config() {
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

BertInput some_input(BertTask task) {
  const torch::Tensor ids = torch::arange(12, torch::kLong).view({2, 6}) + 3;
  return {task == BertTask::kMultipleChoice ? ids.view({2, 2, 3}) : ids, {}, {}};
}

class BertFolderTest : public ::testing::Test {
 protected:
  BertFolderTest()
      : path_(fs::path(::testing::TempDir()) /
              (std::string("folder_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
    torch::manual_seed(1);
  }
  ~BertFolderTest() override { fs::remove_all(path_); }

  void save(const TensorMap& weights, const BertConfig& config = small_config(),
            const std::string& architecture = "BertForMaskedLM") {
    ASSERT_TRUE(save_bert(path_, config, architecture, weights).ok());
  }
  std::string refusal(BertTask task) const {
    const auto opened = open_bert(path_, task);
    EXPECT_FALSE(opened.ok());
    return std::string(opened.status().message());
  }

  const fs::path path_;
};

TEST_F(BertFolderTest, WhatWasSavedIsOpenedForEveryTask) {
  const torch::NoGradGuard no_grad;
  for (const BertTask task : kTasks) {
    const auto model = make_bert(task, small_config());
    model->eval();
    ASSERT_TRUE(save_bert(path_, *model).ok());
    const auto opened = open_bert(path_, task);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_THAT(opened->fresh, IsEmpty()) << bert_architecture(task);
    EXPECT_THAT(opened->unknown, IsEmpty()) << bert_architecture(task);
    EXPECT_THAT(opened->config.architectures, ElementsAre(bert_architecture(task)));
    const BertHeadOutput wanted = model->forward(some_input(task));
    const BertHeadOutput found = opened->model->forward(some_input(task));
    EXPECT_TRUE(torch::equal(found.encoded.hidden, wanted.encoded.hidden));
    EXPECT_EQ(found.logits.defined(), task != BertTask::kEmbedding);
    if (!found.logits.defined()) continue;
    EXPECT_TRUE(torch::equal(found.logits, wanted.logits));
  }
}

TEST_F(BertFolderTest, EveryClassCanEmbed) {
  for (const BertTask task : kTasks) {
    ASSERT_TRUE(save_bert(path_, *make_bert(task, small_config())).ok());
    const auto opened = open_bert(path_, BertTask::kEmbedding);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_THAT(opened->unknown, IsEmpty()) << bert_architecture(task);
  }
}

TEST_F(BertFolderTest, HeadThatIsNotThereIsRefusedOrBeginsAnew) {
  ASSERT_TRUE(save_bert(path_, *make_bert(BertTask::kMaskedWords, small_config())).ok());
  EXPECT_THAT(refusal(BertTask::kClassification),
              HasSubstr("has no head for this (BertForSequenceClassification): the folder is a "
                        "BertForMaskedLM"));
  BertFolderOptions options;
  options.fresh_head = true;
  options.num_labels = 5;
  const auto opened = open_bert(path_, BertTask::kClassification, options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(opened->fresh, ElementsAre("bert.pooler.dense.bias", "bert.pooler.dense.weight",
                                         "classifier.bias", "classifier.weight"));
  const torch::Tensor classifier = opened->model->named_parameters()["classifier.weight"];
  EXPECT_EQ(classifier.sizes(), (std::vector<std::int64_t>{5, 16}));
  EXPECT_NEAR(classifier.std().item<double>(), 0.02, 0.01);
}

// Their heads have one name and, of so many labels, one shape.
TEST_F(BertFolderTest, HeadOfTokensIsNoneOfTexts) {
  ASSERT_TRUE(save_bert(path_, *make_bert(BertTask::kTokenClassification, small_config())).ok());
  EXPECT_THAT(refusal(BertTask::kClassification), HasSubstr("is a BertForTokenClassification"));
}

TEST_F(BertFolderTest, LabelsKeepTheirNames) {
  BertConfig config = small_config();
  config.labels = {"bad", "so so", "good"};
  ASSERT_TRUE(save_bert(path_, *make_bert(BertTask::kClassification, config)).ok());
  EXPECT_EQ(open_bert(path_, BertTask::kClassification)->config.label(1), "so so");
}

TEST_F(BertFolderTest, NumbersOfHalfPrecisionAndOtherNamesAreTaken) {
  const auto model = make_bert(BertTask::kMaskedWords, small_config());
  model->eval();
  TensorMap written;
  for (auto& [name, tensor] : weights_of(*model)) {
    std::string other = "module." + name;
    for (const auto& [now, then] : {std::pair("LayerNorm.weight", "LayerNorm.gamma"),
                                    std::pair("LayerNorm.bias", "LayerNorm.beta")}) {
      const std::size_t at = other.find(now);
      if (at != std::string::npos) other.replace(at, std::string(now).size(), then);
    }
    tensor.copy_(tensor.to(torch::kBFloat16));
    written[other] = tensor.to(torch::kBFloat16);
  }
  save(written);
  const auto opened = open_bert(path_, BertTask::kMaskedWords);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(torch::equal(opened->model->forward(some_input(BertTask::kMaskedWords)).logits,
                           model->forward(some_input(BertTask::kMaskedWords)).logits));
}

// As google-research/bert wrote them, and as transformers' converter reads them.
TEST_F(BertFolderTest, TensorFlowsNamesAreTaken) {
  const auto model = make_bert(BertTask::kMaskedWords, small_config());
  model->eval();
  TensorMap written;
  for (auto& [name, tensor] : weights_of(*model)) {
    std::string other;
    for (const char letter : name) other += letter == '.' ? '/' : letter;
    const auto replace = [&](const std::string& now, const std::string& then) {
      const std::size_t at = other.find(now);
      if (at == std::string::npos) return false;
      other.replace(at, now.size(), then);
      return true;
    };
    replace("layer/", "layer_");
    replace("LayerNorm/weight", "LayerNorm/gamma");
    replace("LayerNorm/bias", "LayerNorm/beta");
    if (replace("embeddings/weight", "embeddings") || !replace("/weight", "/kernel")) {
      replace("cls/predictions/bias", "cls/predictions/output_bias");
      written[other] = tensor;
    } else {
      written[other] = tensor.t().contiguous();
    }
  }
  written["bert/pooler/dense/kernel/adam_m"] = torch::zeros({1});
  save(written);
  const auto opened = open_bert(path_, BertTask::kMaskedWords);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(opened->unknown, IsEmpty());
  EXPECT_TRUE(torch::equal(opened->model->forward(some_input(BertTask::kMaskedWords)).logits,
                           model->forward(some_input(BertTask::kMaskedWords)).logits));
}

TEST_F(BertFolderTest, DecoderOfItsOwnIsKept) {
  BertConfig config = small_config();
  config.tie_word_embeddings = false;
  const auto model = make_bert(BertTask::kMaskedWords, config);
  torch::nn::init::normal_(model->named_parameters()["cls.predictions.bias"]);
  model->eval();
  ASSERT_TRUE(save_bert(path_, *model).ok());
  const auto opened = open_bert(path_, BertTask::kMaskedWords);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(torch::equal(opened->model->forward(some_input(BertTask::kMaskedWords)).logits,
                           model->forward(some_input(BertTask::kMaskedWords)).logits));
}

TEST_F(BertFolderTest, SizesThatOnlyTheConfigHasAreRefused) {
  BertConfig config = small_config();
  const TensorMap weights = weights_of(*make_bert(BertTask::kMaskedWords, config));
  config.vocab_size = 1 << 24;
  config.hidden_size = 1 << 20;
  save(weights, config);
  EXPECT_THAT(refusal(BertTask::kMaskedWords),
              HasSubstr("is [50, 16], by config.json [16777216, 1048576]"));
  config = small_config();
  config.num_hidden_layers = 1000;
  save(weights, config);
  EXPECT_THAT(refusal(BertTask::kMaskedWords), HasSubstr("no bert.encoder.layer.999."));
}

TEST_F(BertFolderTest, BodyMustBeWhole) {
  TensorMap weights = weights_of(*make_bert(BertTask::kMaskedWords, small_config()));
  weights.erase("bert.encoder.layer.0.attention.self.key.weight");
  weights["other"] = torch::zeros({2});
  save(weights);
  EXPECT_THAT(refusal(BertTask::kEmbedding),
              HasSubstr("missing: bert.encoder.layer.0.attention.self.key.weight"));
}

TEST_F(BertFolderTest, WhatIsNoBertIsNamed) {
  EXPECT_EQ(open_bert("/nowhere", BertTask::kEmbedding).status().code(),
            absl::StatusCode::kNotFound);
  const auto with_config = [&](const std::string& text) {
    std::ofstream(path_ / "config.json") << text;
    return refusal(BertTask::kEmbedding);
  };
  EXPECT_THAT(with_config(R"({"model_type": "gpt2"})"), HasSubstr("\"gpt2\": not a BERT"));
  EXPECT_THAT(with_config(R"({"model_type": "roberta"})"), HasSubstr("\"roberta\": not a BERT"));
  EXPECT_THAT(with_config("<!DOCTYPE html><html>404</html>"), HasSubstr("is a web page"));
  EXPECT_THAT(with_config(small_config().to_json()), HasSubstr("neither model.safetensors nor"));
  std::ofstream(path_ / "model.safetensors") << "version https://git-lfs.github.com/spec/v1\n";
  EXPECT_THAT(refusal(BertTask::kEmbedding), HasSubstr("git lfs pull"));
  fs::remove(path_ / "model.safetensors");
  std::ofstream(path_ / "adapter_config.json") << "{}";
  EXPECT_THAT(refusal(BertTask::kEmbedding), HasSubstr("LoRA adapter"));
  fs::remove(path_ / "config.json");
  EXPECT_THAT(refusal(BertTask::kEmbedding), HasSubstr("LoRA adapter"));
  std::ofstream(path_ / "model.gguf") << "GGUF\x03";
  EXPECT_THAT(std::string(open_bert(path_ / "model.gguf", BertTask::kEmbedding).status().message()),
              HasSubstr("is a GGUF file"));
}

}  // namespace
}  // namespace bittensor
