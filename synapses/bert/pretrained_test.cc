// SPDX-License-Identifier: MIT
#include "synapses/bert/pretrained.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "synapses/bert/weights.h"
#include "torch/nn/init.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/checkpoint.h"
#include "bittensor/toolbox/safetensors.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

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
    std::ofstream(folder_ / "vocab.txt") << description.at("vocabulary");
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

TEST_F(Pretrained, FolderGivesThePublishedModelsOwnGuesses) {
  write_folder();
  const auto loaded = load_bert(folder_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const torch::NoGradGuard no_grad;
  const BertInput input =
      make_bert_input({synapse_.tokenizer().encode("we the [MASK] of people.")});
  const auto hidden = synapse_.pretraining().bert().forward(input).hidden;
  EXPECT_TRUE(torch::allclose((*loaded)->word_logits((*loaded)->encode(input)),
                              synapse_.pretraining().word_logits(hidden), 1e-5, 1e-6));
}

TEST_F(Pretrained, WhatIsMissingOrDoesNotFitIsNamed) {
  EXPECT_EQ(load_bert("/nowhere").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(load_bert(folder_).ok());
  for (const char* name : {"network_dim", "student", "joint"}) {
    const auto status = load_bert(write_checkpoint({{name, "1000000000"}})).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("neuron.pt: its parameters")) << name;
    fs::remove(folder_ / "neuron.pt");
  }
  EXPECT_FALSE(load_bert(write_checkpoint({{"student", "x"}})).ok());
}

TEST_F(Pretrained, FolderWithoutHeadsIsRefused) {
  write_folder();
  TensorMap weights = weights_of(synapse_.pretraining());
  weights.erase("cls.predictions.bias");
  ASSERT_TRUE(write_safetensors(folder_ / "model.safetensors", weights).ok());
  EXPECT_THAT(std::string(load_bert(folder_).status().message()),
              HasSubstr("missing: cls.predictions.bias"));
}

}  // namespace
}  // namespace bittensor
