// SPDX-License-Identifier: MIT
#include "datasets/text/corpus.h"

#include <cmath>

#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "text/encoding.h"
#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

using Texts = std::vector<std::vector<std::string>>;

const Texts kTexts = {{"we the people", "people of people"}, {"we, people"}};

std::int64_t id(const BertTokenizer& tokenizer, const std::string& token) {
  return tokenizer.vocabulary().id(token).value();
}

TEST(PassagesOf, JoinsSentencesUpToALength) {
  const auto tokenizer = tokenizer_of("we the people of no , .");
  const Texts texts = {{"we the people", "of the people", "no", "we we we we we we we", "no", "no"},
                       {"the people"}};
  const Texts expected = {{"we the people of the people", "no", "we we we we we we we", "no no"},
                          {"the people"}};
  EXPECT_EQ(passages_of(texts, *tokenizer, 6), expected);
}

TEST(CountTokens, CountsEachWithoutWhatEncodingAdds) {
  const auto tokenizer = tokenizer_of("we the people of no , .");
  const at::Tensor counts = count_tokens(kTexts, *tokenizer);
  EXPECT_EQ(counts.sum().item<int>(), 9);
  EXPECT_EQ(counts[id(*tokenizer, "people")].item<int>(), 4);
  EXPECT_EQ(counts[id(*tokenizer, "no")].item<int>(), 0);
  EXPECT_EQ(counts[tokenizer->cls_id()].item<int>(), 0);
}

TEST(RestrictedTo, CutsTheCountedTextIntoTheSamePieces) {
  auto whole = BertTokenizer::load("tests/data/bert/vocab.txt");
  ASSERT_TRUE(whole.ok()) << whole.status();
  const Texts texts = {{"Unbelievable: the commissioners' re-election was prorogued!"}};
  const auto small = restricted_to(count_tokens(texts, *whole), *whole);
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_LT(small->vocabulary().size(), 3000);
  const auto tokens = [](const BertTokenizer& tokenizer, const std::string& text) {
    std::vector<std::string> result;
    for (const std::int64_t token : tokenizer.encode(text).ids) {
      result.emplace_back(tokenizer.vocabulary().token(token));
    }
    return result;
  };
  EXPECT_EQ(tokens(*small, texts[0][0]), tokens(*whole, texts[0][0]));
  // Other text is spelled, not unknown.
  for (const std::string& token : tokens(*small, "zebra xylophone")) EXPECT_NE(token, "[UNK]");
}

TEST(UnigramEntropy, IsWhatTheFrequenciesCost) {
  const at::Tensor counts = torch::tensor({0, 2, 4, 1}, torch::kLong);  // + 1: 1, 3, 5, 2 of 11
  const at::Tensor labels = torch::tensor(std::vector<std::int64_t>{1, kBertIgnored, 2, 2});
  const double expected = -(std::log(3.0 / 11) + 2 * std::log(5.0 / 11)) / 3;
  EXPECT_NEAR(unigram_entropy(counts, {labels.slice(0, 0, 2), labels.slice(0, 2)}), expected, 1e-9);
}

TEST(UnigramEntropy, IsTheLossOfASynapseThatKnowsNothingElse) {
  const auto tokenizer = tokenizer_of("we the people of no , .");
  const at::Tensor counts = count_tokens(kTexts, *tokenizer);
  BertSynapse synapse = small_bert(tokenizer);
  synapse.prepare(counts);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : synapse.named_parameters()) {
    const bool bias = parameter.key() == "pretraining.cls.predictions.bias";
    if (!bias) parameter.value().zero_();
  }
  const at::Tensor labels = torch::full({1, 4}, id(*tokenizer, "people"), torch::kLong);
  const at::Tensor asked = torch::arange(4, torch::kLong).view({1, 4});
  const BertBatch batch = {
      {labels, {}, {}}, asked, labels, asked, torch::zeros({1}, torch::kLong), {""}, {""}};
  EXPECT_NEAR(synapse.forward_local(synapse.encode(batch.input), batch).word_loss.item<double>(),
              unigram_entropy(counts, {labels}), 1e-5);
}

}  // namespace
}  // namespace bittensor
