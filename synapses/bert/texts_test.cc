// SPDX-License-Identifier: MIT
//
// What a trained BERT says about texts, against what transformers' pipelines say
// (tests/golden/bert/make_texts.py).
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/answer.h"
#include "synapses/bert/bert_testing.h"
#include "synapses/bert/classify.h"
#include "synapses/bert/fill_mask.h"
#include "synapses/bert/length_batches.h"
#include "synapses/bert/sentence_encoder.h"
#include "torch/nn/init.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFolder = "tests/golden/bert/texts/";
constexpr double kClose = 1e-5;

const json& expected() {
  static const json all = [] {
    std::ifstream file(kFolder + "expected.json");
    return json::parse(file);
  }();
  return all;
}

std::vector<std::string> texts() {
  return expected()["texts"].get<std::vector<std::string>>();
}

TextModel model_of(const std::string& name, BertTask task) {
  auto model = TextModel::open(kFolder + name, task);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

TEST(Classify, AgreesWithTransformers) {
  TextModel model = model_of("classifier", BertTask::kClassification);
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string& text : texts()) all.emplace_back(text, "");
  for (const json& pair : expected()["pairs"]) all.emplace_back(pair[0], pair[1]);
  for (const std::size_t batch : {1, 3, 32}) {
    const auto results = classify_texts(model, all, batch);
    ASSERT_EQ(results.size(), expected()["scores"].size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      const json& scores = expected()["scores"][i];
      ASSERT_EQ(results[i].size(), 3u);
      EXPECT_GE(results[i][0].score, results[i][1].score);
      for (const TextLabel& label : results[i]) {
        const int id = label.label == "ham" ? 0 : label.label == "spam" ? 1 : 2;
        EXPECT_NEAR(label.score, scores[id].get<double>(), kClose) << i << label.label;
      }
    }
  }
}

TEST(Answer, AgreesWithTransformersAlsoInLongTexts) {
  TextModel model = model_of("answers", BertTask::kQuestionAnswering);
  AnswerOptions options;
  options.overlap = 16;
  for (std::size_t i = 0; i < expected()["questions"].size(); ++i) {
    const json& asked = expected()["questions"][i];
    const json& wanted = expected()["answers"][i];
    const auto text = asked[1].get<std::string>();
    const auto answers = answer_question(model, asked[0].get<std::string>(), text, options);
    ASSERT_TRUE(answers.ok()) << answers.status();
    ASSERT_EQ(answers->size(), 1u);
    EXPECT_EQ(answers->front().text, wanted["answer"].get<std::string>());
    EXPECT_EQ(answers->front().range.begin, wanted["start"].get<std::size_t>());
    EXPECT_NEAR(answers->front().score, wanted["score"].get<double>(), kClose);
  }
}

TEST(Answer, GivesSeveralBestFirstEachOnce) {
  TextModel model = model_of("answers", BertTask::kQuestionAnswering);
  AnswerOptions options;
  options.limit = 5;
  const auto answers = answer_question(model, "who", "we the people will not yield", options);
  ASSERT_TRUE(answers.ok());
  ASSERT_EQ(answers->size(), 5u);
  for (std::size_t i = 1; i < answers->size(); ++i) {
    EXPECT_GE((*answers)[i - 1].score, (*answers)[i].score);
    EXPECT_NE((*answers)[i - 1].text, (*answers)[i].text);
  }
}

TEST(Answer, RefusesWhatHasNoWord) {
  TextModel model = model_of("answers", BertTask::kQuestionAnswering);
  EXPECT_THAT(std::string(answer_question(model, " ", "a", {}).status().message()),
              HasSubstr("question"));
  EXPECT_THAT(std::string(answer_question(model, "a", "\n", {}).status().message()),
              HasSubstr("text"));
}

TEST(FillMask, AgreesWithTransformers) {
  TextModel model = model_of("masked", BertTask::kMaskedWords);
  const auto masked = expected()["masked"].get<std::vector<std::string>>();
  const auto results = fill_masks(model, masked, 3);
  for (std::size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].ok()) << results[i].status();
    const json& wanted = expected()["guesses"][i];
    const json& masks = wanted[0].is_array() ? wanted : json::array({wanted});
    ASSERT_EQ(results[i]->size(), masks.size());
    for (std::size_t mask = 0; mask < masks.size(); ++mask) {
      for (std::size_t k = 0; k < 3; ++k) {
        const MaskGuess& guess = (*results[i])[mask][k];
        EXPECT_EQ(guess.token, masks[mask][k]["token_str"].get<std::string>());
        EXPECT_NEAR(guess.probability, masks[mask][k]["score"].get<double>(), kClose);
      }
    }
  }
  EXPECT_EQ((*results[0])[0][0].text, "the state of the who is strong.");
}

TEST(FillMask, SaysWhatWasCutBeforeAMask) {
  TextModel model = model_of("masked", BertTask::kMaskedWords);
  std::string long_text;
  for (int i = 0; i < 60; ++i) long_text += "we ";
  const auto results =
      fill_masks(model, {"we", long_text + "[MASK]", "[MASK] " + long_text, long_text}, 3);
  EXPECT_EQ(results[0].status().message(), "no [MASK] in the text");
  EXPECT_EQ(results[1].status().message(),
            "no [MASK] in what the model reads of the text: its first 46 tokens, 137 of 186 bytes; "
            "one comes later, at byte 180");
  EXPECT_TRUE(results[2].ok());
  EXPECT_THAT(std::string(results[3].status().message()), HasSubstr("137 of 180 bytes"));
}

TEST(SentenceEncoder, DoesWhatModulesJsonSays) {
  for (const std::size_t batch : {1, 2, 32}) {
    SentenceEncoder::Options options;
    options.batch = batch;
    auto encoder = SentenceEncoder::open(kFolder + "sentences", options);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    const torch::Tensor vectors = encoder->encode(texts());
    ASSERT_EQ(vectors.sizes(), (std::vector<std::int64_t>{6, 8}));
    for (std::int64_t i = 0; i < vectors.size(0); ++i) {
      for (std::int64_t j = 0; j < vectors.size(1); ++j) {
        EXPECT_NEAR(vectors[i][j].item<double>(), expected()["embeddings"][i][j].get<double>(),
                    kClose);
      }
    }
    EXPECT_EQ(encoder->max_tokens(), 20u);
    EXPECT_EQ(encoder->cut(), 1u);
  }
}

TEST(SentenceEncoder, PoolsAsToldWithoutModules) {
  // A classifier's body is a BERT like any other.
  SentenceEncoder::Options options;
  options.pooling = Pooling::kMax;
  auto encoder = SentenceEncoder::open(kFolder + "classifier", options);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_EQ(encoder->encode(texts()).sizes(), (std::vector<std::int64_t>{6, 16}));
}

TEST(Pool, LeavesPaddingOut) {
  const torch::Tensor hidden = torch::tensor({1.0, -2.0, 3.0, -4.0, 9.0, 9.0}).view({1, 3, 2});
  const torch::Tensor mask = torch::tensor({1, 1, 0}, torch::kLong).view({1, 3});
  const auto numbers = [&](Pooling pooling) {
    const torch::Tensor row = pool(pooling, hidden, mask)[0];
    return std::vector<double>{row[0].item<double>(), row[1].item<double>()};
  };
  EXPECT_THAT(numbers(Pooling::kCls), ElementsAre(1, -2));
  EXPECT_THAT(numbers(Pooling::kMean), ElementsAre(2, -3));
  EXPECT_THAT(numbers(Pooling::kMax), ElementsAre(3, -2));
  EXPECT_THAT(numbers(Pooling::kLastToken), ElementsAre(3, -4));
  EXPECT_NEAR(numbers(Pooling::kMeanSqrtLen)[0], 4 / std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(numbers(Pooling::kWeightedMean)[0], 7.0 / 3, 1e-6);
}

TEST(BatchesByLength, PutLikeLengthsTogetherLongestFirst) {
  std::vector<BertEncoding> encodings(5);
  const std::size_t lengths[] = {3, 9, 4, 8, 3};
  for (std::size_t i = 0; i < 5; ++i) encodings[i].pad(lengths[i], 0);
  EXPECT_THAT(batches_by_length(encodings, 2),
              ElementsAre(ElementsAre(1, 3), ElementsAre(2, 0), ElementsAre(4)));
}

// A neuron's own part, which its local path adds to the hidden states, has a say.
TEST(TextModel, OpensANeuronsCheckpoint) {
  BertSynapse synapse = small_bert(tokenizer_of("we the people un ##believ ##able of one . ,"));
  synapse.eval();
  {
    const torch::NoGradGuard no_grad;
    torch::nn::init::normal_(synapse.named_parameters()["back.weight"]);
  }
  Checkpoint checkpoint;
  checkpoint.kind = "bert";
  checkpoint.config = model_description(synapse);
  checkpoint.synapse = state_dict(synapse);
  const std::string path = ::testing::TempDir() + "text_model_neuron.pt";
  ASSERT_TRUE(save_checkpoint(path, checkpoint).ok());

  auto model = TextModel::open(path, BertTask::kMaskedWords);
  ASSERT_TRUE(model.ok()) << model.status();
  const std::string text = "we the [MASK] of [MASK].";
  const auto guesses = fill_masks(*model, {text, "people [MASK]"}, 3)[0];
  ASSERT_TRUE(guesses.ok()) << guesses.status();
  ASSERT_EQ(guesses->size(), 2u);
  const torch::NoGradGuard no_grad;
  const torch::Tensor hidden = synapse.encode(make_bert_input({model->encode(text)}));
  const auto best = synapse.word_logits(hidden)[0][3].softmax(0).max(0);  // [CLS] we the [MASK]
  EXPECT_NEAR((*guesses)[0][0].probability, std::get<0>(best).item<double>(), 1e-6);
  EXPECT_THAT((*guesses)[0][0].text, HasSubstr("[MASK]"));  // the other one

  auto encoder = SentenceEncoder::open(path, {});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_EQ(encoder->encode({"we the people", "one"}).sizes(), (std::vector<std::int64_t>{2, 16}));
  EXPECT_FALSE(TextModel::open(path, BertTask::kClassification).ok());
}

TEST(TextModel, RefusesAFolderWithoutTheHead) {
  const auto model = TextModel::open(kFolder + "sentences", BertTask::kClassification);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("BertModel"));
}

}  // namespace
}  // namespace bittensor
