// SPDX-License-Identifier: MIT
#include "datasets/text/masking.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "text/encoding.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;

const BertTokenizer& words() {
  static const auto* const tokenizer = new std::shared_ptr<const BertTokenizer>(
      tokenizer_of("we the people un ##believ ##able of one two three four five , . i ##ng"));
  return **tokenizer;
}

std::int64_t id(const std::string& token) {
  return words().vocabulary().id(token).value();
}

// A text of `count` words.
BertEncoding text_of(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "people ";
  return words().encode(text);
}

TEST(MaskTokens, ChoosesFifteenPercentAndSplitsThemEightyTenTen) {
  std::mt19937_64 random(1);
  const BertEncoding text = text_of(20'000);
  const MaskedTokens masked = mask_tokens(text, words(), random);
  std::map<std::string, int> counts;
  for (std::size_t t = 0; t < text.size(); ++t) {
    if (masked.labels[t] == kBertIgnored) {
      EXPECT_EQ(masked.ids[t], text.ids[t]);
      continue;
    }
    EXPECT_EQ(masked.labels[t], text.ids[t]);
    ++counts["chosen"];
    ++counts[masked.ids[t] == words().mask_id() ? "masked"
             : masked.ids[t] == text.ids[t]     ? "kept"
                                                : "random"];
  }
  EXPECT_EQ(counts["chosen"], 3000);
  EXPECT_NEAR(counts["masked"], 2400, 110);  // five standard deviations
  // A sixteenth of the tokens drawn at random are the one that stood there.
  EXPECT_NEAR(counts["random"], 300 * 15 / 16, 82);
  EXPECT_NEAR(counts["kept"], 300 + 300 / 16, 82);
}

TEST(MaskTokens, SpecialTokensAreNeitherHiddenNorDrawn) {
  const BertEncoding pair = words().encode_pair("we [MASK] the [SEP] zzz", "people", {});
  std::mt19937_64 random(2);
  MaskingOptions all;
  all.chosen = 1;
  all.masked = 0;
  all.random = 1;
  for (int i = 0; i < 100; ++i) {
    const MaskedTokens masked = mask_tokens(pair, words(), random, all);
    for (std::size_t t = 0; t < pair.size(); ++t) {
      const bool special = words().is_special(pair.ids[t]);
      EXPECT_EQ(masked.labels[t] == kBertIgnored, special) << t;
      EXPECT_EQ(words().is_special(masked.ids[t]), special) << t;
    }
  }
}

TEST(MaskTokens, OfAShortTextOneIsHiddenAndOfNoneNothing) {
  std::mt19937_64 random(3);
  const auto hidden = [&](const BertEncoding& text) {
    const MaskedTokens masked = mask_tokens(text, words(), random);
    return text.size() - static_cast<std::size_t>(
                             std::count(masked.labels.begin(), masked.labels.end(), kBertIgnored));
  };
  EXPECT_EQ(hidden(text_of(2)), 1);
  EXPECT_EQ(hidden(text_of(0)), 0);
}

TEST(MaskTokens, SameSeedSameChoice) {
  const BertEncoding text = text_of(200);
  const auto chosen = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    return mask_tokens(text, words(), random).ids;
  };
  EXPECT_EQ(chosen(4), chosen(4));
  EXPECT_NE(chosen(4), chosen(5));
}

TEST(MaskedQuestion, HidesTheSameTokensInTheText) {
  const BertEncoding pair = words().encode_pair("We, the people", "unbelievable one.", {});
  // [CLS] we , the people [SEP] un ##believ ##able one . [SEP]
  std::vector<std::int64_t> ids = pair.ids;
  ids[3] = words().mask_id();
  ids[7] = words().mask_id();
  ids[9] = id("##ng");
  const MaskedQuestion question =
      masked_question("We, the people", "unbelievable one.", pair, ids, words());
  EXPECT_EQ(question.text, "We, [MASK] people [SEP] un[MASK]able ng.");
  // Words of the text, from 1: we , [MASK] people [SEP] un [MASK] able ng .
  EXPECT_THAT(question.positions, ElementsAre(0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 10, 0));
}

TEST(MaskedQuestion, PiecesOfOneWordShareItsPosition) {
  const BertEncoding text = words().encode("the unbelievable people");
  const MaskedQuestion question =
      masked_question("the unbelievable people", "", text, text.ids, words());
  EXPECT_EQ(question.text, "the unbelievable people");
  EXPECT_THAT(question.positions, ElementsAre(0, 1, 2, 2, 2, 3, 0));
}

TEST(MaskedQuestion, EndsWhereTheEncodingDoes) {
  BertTokenizer::EncodeOptions options;
  options.max_length = 4;
  const BertEncoding text = words().encode("one two three four", options);
  EXPECT_EQ(masked_question("one two three four", "", text, text.ids, words()).text, "one two");
}

}  // namespace
}  // namespace bittensor
