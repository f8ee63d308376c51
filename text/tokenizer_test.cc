// SPDX-License-Identifier: MIT
#include "text/tokenizer.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const BertTokenizer& bert_base_uncased() {
  static const auto* const tokenizer =
      new absl::StatusOr<BertTokenizer>(BertTokenizer::load("tests/data/bert/vocab.txt"));
  return tokenizer->value();
}

std::vector<std::string> tokens(const BertEncoding& encoding) {
  std::vector<std::string> found;
  for (const auto id : encoding.ids) {
    found.emplace_back(bert_base_uncased().vocabulary().token(id));
  }
  return found;
}

BertTokenizer::EncodeOptions at_most(std::size_t max_length) {
  BertTokenizer::EncodeOptions options;
  options.max_length = max_length;
  return options;
}

// 28 texts with the ids that the reference implementation gives; see tests/golden/bert/README.md.
TEST(BertTokenizer, AgreesWithTheReferenceOnEveryVector) {
  std::ifstream file("tests/golden/bert/wordpiece_vectors.json");
  const auto vectors = nlohmann::json::parse(file);
  ASSERT_EQ(vectors.size(), 28);
  for (const auto& vector : vectors) {
    const auto text = vector["text"].get<std::string>();
    const BertEncoding encoding = bert_base_uncased().encode(text);
    EXPECT_EQ(encoding.ids, vector["ids"].get<std::vector<std::int64_t>>()) << text;
    EXPECT_EQ(tokens(encoding), vector["tokens"].get<std::vector<std::string>>()) << text;
  }
}

TEST(BertTokenizer, PairHasTwoTypes) {
  const BertEncoding pair = bert_base_uncased().encode_pair("hello there", "friend", {});
  EXPECT_THAT(tokens(pair), ElementsAre("[CLS]", "hello", "there", "[SEP]", "friend", "[SEP]"));
  EXPECT_THAT(pair.type_ids, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(pair.attention_mask, ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(pair.special_tokens_mask, ElementsAre(1, 0, 0, 1, 0, 1));
}

TEST(BertTokenizer, SpecialTokensCanBeLeftOut) {
  BertTokenizer::EncodeOptions options;
  options.add_special_tokens = false;
  EXPECT_THAT(tokens(bert_base_uncased().encode("a b", options)), ElementsAre("a", "b"));
  EXPECT_THAT(bert_base_uncased().encode_pair("a", "b", options).type_ids, ElementsAre(0, 1));
}

TEST(BertTokenizer, CutsTheLongerTextFirst) {
  const auto cut = [](std::size_t max_length) {
    return tokens(bert_base_uncased().encode_pair("a b c d e f", "1 2 3 4", at_most(max_length)));
  };
  EXPECT_THAT(cut(6), ElementsAre("[CLS]", "a", "b", "[SEP]", "1", "[SEP]"));
  EXPECT_THAT(cut(12),
              ElementsAre("[CLS]", "a", "b", "c", "d", "e", "[SEP]", "1", "2", "3", "4", "[SEP]"));
  EXPECT_THAT(cut(2), ElementsAre("[CLS]", "[SEP]", "[SEP]"));
}

TEST(BertTokenizer, CutsInsideAWord) {
  EXPECT_THAT(tokens(bert_base_uncased().encode("unaffable", at_most(4))),
              ElementsAre("[CLS]", "una", "##ffa", "[SEP]"));
}

TEST(BertTokenizer, PadsABatchToItsLongest) {
  const auto batch = bert_base_uncased().encode_batch({"a b c", "a"}, {});
  ASSERT_EQ(batch.size(), 2);
  EXPECT_EQ(batch[0].size(), 5);
  EXPECT_THAT(tokens(batch[1]), ElementsAre("[CLS]", "a", "[SEP]", "[PAD]", "[PAD]"));
  EXPECT_THAT(batch[1].attention_mask, ElementsAre(1, 1, 1, 0, 0));
}

TEST(BertTokenizer, OffsetsAreBytesOfTheTextAsItCame) {
  //                  0123  4         5678901234  5
  const std::string text = "\u200BCafé [MASK]unaffable";
  const BertEncoding encoding = bert_base_uncased().encode(text);
  const auto source = [&](std::size_t i) {
    return text.substr(encoding.offsets[i].begin,
                       encoding.offsets[i].end - encoding.offsets[i].begin);
  };
  ASSERT_EQ(encoding.size(), 7);
  EXPECT_EQ(encoding.offsets[0], TextRange{});
  EXPECT_EQ(source(1), "Café");
  EXPECT_EQ(source(2), "[MASK]");
  EXPECT_EQ(source(3), "una");
  EXPECT_EQ(source(4), "ffa");
  EXPECT_EQ(source(5), "ble");
}

// NFD orders marks by their combining class: U+1B44 comes before U+302E, which stands before it.
TEST(BertTokenizer, OffsetsOfMarksThatNfdReordersSpanThemAll) {
  auto vocabulary =
      BertVocabulary::parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##\u1B44\u302E\n");
  ASSERT_TRUE(vocabulary.ok());
  const auto tokenizer = BertTokenizer::create(*std::move(vocabulary), {});
  ASSERT_TRUE(tokenizer.ok());
  const BertEncoding pieces = tokenizer->encode("a\u302E\u1B44");
  ASSERT_THAT(pieces.ids, ElementsAre(2, 5, 6, 3));
  EXPECT_EQ(pieces.offsets[2], (TextRange{1, 7}));
  const BertEncoding unknown = tokenizer->encode("\u302E\u1B44");
  ASSERT_THAT(unknown.ids, ElementsAre(2, 1, 3));
  EXPECT_EQ(unknown.offsets[1], (TextRange{0, 6}));
}

TEST(BertTokenizer, DecodesWordsWithSingleSpaces) {
  const auto& tokenizer = bert_base_uncased();
  const BertEncoding encoding = tokenizer.encode("Unaffable,  isn't it? [MASK]!");
  EXPECT_EQ(tokenizer.decode(encoding.ids, true), "unaffable, isn ' t it?!");
  EXPECT_EQ(tokenizer.decode(encoding.ids, false), "[CLS] unaffable, isn ' t it? [MASK]! [SEP]");
  EXPECT_EQ(tokenizer.decode({-1, 99'999, 1996}, true), "the");
}

TEST(BertTokenizer, SpecialTokensMayHaveOtherNames) {
  BertTokenizer::Options options;
  options.cls_token = "<s>";
  options.sep_token = "<s>x";
  auto vocabulary = BertVocabulary::parse("[PAD]\n[UNK]\n<s>\n<s>x\n[MASK]\ny\n");
  const auto tokenizer = BertTokenizer::create(*std::move(vocabulary), options);
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_THAT(tokenizer->encode("<s>y<s>xy").ids, ElementsAre(2, 2, 5, 3, 5, 3));
}

TEST(BertTokenizer, NamesTheSpecialTokenThatTheVocabularyLacks) {
  auto vocabulary = BertVocabulary::parse("[PAD]\n[UNK]\n[CLS]\n[MASK]\n");
  const auto tokenizer = BertTokenizer::create(*std::move(vocabulary), {});
  EXPECT_EQ(tokenizer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(tokenizer.status().message()), HasSubstr("[SEP]"));
}

}  // namespace
}  // namespace bittensor
