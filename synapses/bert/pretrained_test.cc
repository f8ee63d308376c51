// SPDX-License-Identifier: MIT
#include "synapses/bert/pretrained.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "synapses/bert/weights.h"
#include "text/tokenizer_files.h"
#include "torch/nn/init.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/checkpoint.h"
#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Pretrained : public ::testing::Test {
 protected:
  Pretrained()
      : folder_(fs::path(::testing::TempDir()) /
                (std::string("bert_") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    synapse_.eval();
    const torch::NoGradGuard no_grad;
    // A neuron's own parts say something, as after training.
    torch::nn::init::normal_(synapse_.named_parameters()["back.weight"]);
  }
  ~Pretrained() override { fs::remove_all(folder_); }

  // Hugging Face's files of the synapse's BERT, without the neuron's parts.
  void write_folder() {
    const auto description = model_description(synapse_);
    std::ofstream(folder_ / "config.json") << description.at("bert_config");
    ASSERT_TRUE(save_tokenizer(synapse_.tokenizer(), folder_).ok());
    ASSERT_TRUE(
        write_safetensors(folder_ / "model.safetensors", weights_of(synapse_.pretraining())).ok());
  }

  std::string write_checkpoint(std::map<std::string, std::string> changed = {}) {
    Checkpoint checkpoint;
    checkpoint.kind = "bert";
    checkpoint.config = std::move(changed);
    for (const auto& entry : model_description(synapse_)) checkpoint.config.insert(entry);
    checkpoint.synapse = state_dict(synapse_);
    const std::string path = folder_ / "neuron.pt";
    EXPECT_TRUE(save_checkpoint(path, checkpoint).ok());
    return path;
  }

  const fs::path folder_;
  BertSynapse synapse_ = small_bert(tokenizer_of("we the people un ##believ ##able of one . ,"));
};

TEST_F(Pretrained, NeuronFromItsCheckpointAnswersTheSame) {
  const auto loaded = load_bert(write_checkpoint());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal((*loaded)->forward_text({"we, the people"}),
                           synapse_.forward_text({"we, the people"})));
}

TEST_F(Pretrained, TokenizerOfACheckpointStaysCased) {
  BertTokenizer::Options options;
  options.do_lower_case = false;
  options.strip_accents = false;
  options.added_tokens = {{"<name>"}};
  const std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nwe\nWe\n<name>";
  auto cased = BertTokenizer::create(*BertVocabulary::parse(words), options);
  ASSERT_TRUE(cased.ok()) << cased.status();
  const BertSynapse synapse = small_bert(std::make_shared<const BertTokenizer>(*std::move(cased)));
  const auto description = model_description(synapse);
  Checkpoint checkpoint;
  checkpoint.kind = "bert";
  checkpoint.config = {description.begin(), description.end()};
  checkpoint.synapse = state_dict(synapse);
  const std::string path = folder_ / "cased.pt";
  ASSERT_TRUE(save_checkpoint(path, checkpoint).ok());
  const auto loaded = load_bert(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->tokenizer().encode("We we <name>").ids,
            (std::vector<std::int64_t>{2, 6, 5, 7, 3}));
}

TEST_F(Pretrained, CheckpointWithAVocabularyAloneStillOpens) {
  Checkpoint checkpoint;
  checkpoint.kind = "bert";
  for (const auto& entry : model_description(synapse_)) checkpoint.config.insert(entry);
  checkpoint.config.erase("tokenizer");
  checkpoint.config.erase("tokenizer_config");
  std::string& vocabulary = checkpoint.config["vocabulary"];
  for (std::int64_t id = 0; id < synapse_.config().vocab_size; ++id) {
    vocabulary += std::string(synapse_.tokenizer().vocabulary().token(id)) + "\n";
  }
  checkpoint.synapse = state_dict(synapse_);
  const std::string path = folder_ / "old.pt";
  ASSERT_TRUE(save_checkpoint(path, checkpoint).ok());
  EXPECT_TRUE(load_bert(path).ok()) << load_bert(path).status();
}

TEST_F(Pretrained, FolderGivesThePublishedModelsOwnGuesses) {
  write_folder();
  std::vector<std::string> fresh;
  const auto begun = bert_from_folder(folder_, fresh);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_THAT(fresh, IsEmpty());
  (*begun)->eval();
  const torch::NoGradGuard no_grad;
  const BertInput input =
      make_bert_input({synapse_.tokenizer().encode("we the [MASK] of people.")});
  const auto hidden = synapse_.pretraining().bert().forward(input).hidden;
  EXPECT_TRUE(torch::allclose((*begun)->word_logits((*begun)->encode(input)),
                              synapse_.pretraining().word_logits(hidden), 1e-5, 1e-6));
}

TEST_F(Pretrained, HeadsThatAFolderLacksBeginAnewAndAreNamed) {
  write_folder();
  TensorMap weights = weights_of(synapse_.pretraining());
  for (auto it = weights.begin(); it != weights.end();) {
    it = it->first.rfind("bert.encoder", 0) == 0 || it->first.rfind("bert.embeddings", 0) == 0
             ? std::next(it)
             : weights.erase(it);
  }
  ASSERT_TRUE(write_safetensors(folder_ / "model.safetensors", weights).ok());
  std::vector<std::string> fresh;
  const auto begun = bert_from_folder(folder_, fresh);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_THAT(fresh, Contains("bert.pooler.dense.weight"));
  EXPECT_THAT(fresh, Contains("cls.seq_relationship.bias"));
  EXPECT_EQ(fresh.size(), 9u);
  const BertInput input = make_bert_input({synapse_.tokenizer().encode("we the people")});
  (*begun)->eval();
  EXPECT_TRUE(torch::equal((*begun)->encode(input), synapse_.encode(input)));
}

TEST_F(Pretrained, RowsOfNoTokenAreLeftOut) {
  write_folder();
  BertConfig config = synapse_.config();
  TensorMap weights = weights_of(synapse_.pretraining());
  config.vocab_size += 3;
  for (const char* name : {"bert.embeddings.word_embeddings.weight", "cls.predictions.bias"}) {
    torch::Tensor& rows = weights.at(name);
    rows = torch::cat({rows, rows.slice(0, 0, 3)});
  }
  std::ofstream(folder_ / "config.json") << config.to_json();
  ASSERT_TRUE(write_safetensors(folder_ / "model.safetensors", weights).ok());
  std::vector<std::string> fresh;
  const auto begun = bert_from_folder(folder_, fresh);
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ((*begun)->config().vocab_size, synapse_.config().vocab_size);
}

TEST_F(Pretrained, WhatIsMissingOrDoesNotFitIsNamed) {
  EXPECT_EQ(load_bert("/nowhere").status().code(), absl::StatusCode::kNotFound);
  std::vector<std::string> fresh;
  EXPECT_FALSE(bert_from_folder(folder_, fresh).ok());
  for (const char* name : {"network_dim", "student", "joint"}) {
    const auto status = load_bert(write_checkpoint({{name, "1000000000"}})).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("neuron.pt: its parameters")) << name;
    fs::remove(folder_ / "neuron.pt");
  }
  EXPECT_FALSE(load_bert(write_checkpoint({{"student", "x"}})).ok());
}

TEST_F(Pretrained, FolderWithoutALayerIsRefused) {
  write_folder();
  TensorMap weights = weights_of(synapse_.pretraining());
  weights.erase("bert.encoder.layer.0.output.dense.bias");
  ASSERT_TRUE(write_safetensors(folder_ / "model.safetensors", weights).ok());
  std::vector<std::string> fresh;
  EXPECT_THAT(std::string(bert_from_folder(folder_, fresh).status().message()),
              HasSubstr("lacks bert.encoder.layer.0.output.dense.bias"));
}

}  // namespace
}  // namespace bittensor
