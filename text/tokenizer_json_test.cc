// SPDX-License-Identifier: MIT
#include "text/tokenizer_json.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

#include "bittensor/base/hex.h"

namespace bittensor {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

absl::StatusOr<BertTokenizer> make(absl::string_view text) {
  auto parts = parse_tokenizer_json(text);
  if (!parts.ok()) return parts.status();
  auto vocabulary = BertVocabulary::create(std::move(parts->entries));
  if (!vocabulary.ok()) return vocabulary.status();
  return BertTokenizer::create(*std::move(vocabulary), std::move(parts->options));
}

const std::string& small() {
  static const std::string text =
      R"({"version": "1.0", "truncation": {"max_length": 3}, "padding": null,
      "added_tokens": [
        {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": true, "rstrip": false,
         "normalized": false, "special": true},
        {"id": 9, "content": "new word", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": true, "special": false}],
      "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                     "strip_accents": null, "lowercase": true},
      "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                 {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                 {"Sequence": {"id": "B", "type_id": 1}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
        "special_tokens": {}},
      "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
      "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5,
                          "##b": 6, "\u00e9": 7, "e": 8}}})";
  return text;
}

std::string error_with(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(small(), {{from, to}});
  EXPECT_NE(changed, small()) << from;
  return std::string(make(changed).status().message());
}

// 100 tokenizers' texts and what the reference makes of them; see tests/golden/bert/README.md.
TEST(TokenizerJson, AgreesWithTheReferenceOnEveryGoldenText) {
  std::ifstream file("tests/golden/bert/tokenizer_vectors.json");
  const json golden = json::parse(file);
  ASSERT_EQ(golden.size(), 6);
  for (const json& rules : golden) {
    const auto tokenizer = make(rules["tokenizer"].dump());
    ASSERT_TRUE(tokenizer.ok()) << rules["name"] << tokenizer.status();
    for (const json& row : rules["texts"]) {
      const std::vector<std::string> text = absl::StrSplit(row[0].get<std::string>(), '\t');
      const std::string first = *hex_to_bytes(text[0]);
      const BertEncoding encoding = text.size() == 1
                                        ? tokenizer->encode(first)
                                        : tokenizer->encode_pair(first, *hex_to_bytes(text[1]), {});
      json offsets = json::array();
      for (const TextRange& range : encoding.offsets) offsets.push_back({range.begin, range.end});
      EXPECT_EQ(json(encoding.ids), row[1]) << rules["name"] << row[0];
      EXPECT_EQ(offsets, row[2]) << rules["name"] << row[0];
      EXPECT_EQ(tokenizer->decode(encoding.ids, false), row[3].get<std::string>());
      EXPECT_EQ(tokenizer->decode(encoding.ids, true), row[4].get<std::string>());
    }
  }
}

TEST(TokenizerJson, WhatIsWrittenIsReadBack) {
  const auto tokenizer = make(small());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const std::string written = tokenizer_json(*tokenizer);
  const auto again = make(written);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(tokenizer_json(*again), written);
  EXPECT_EQ(json::parse(written)["model"]["vocab"], json::parse(small())["model"]["vocab"]);
  const std::string text = "ab  [MASK] NEW WORD \u00c9 ac";
  EXPECT_EQ(again->encode(text).ids, tokenizer->encode(text).ids);
  EXPECT_EQ(again->encode(text).offsets, tokenizer->encode(text).offsets);
}

TEST(TokenizerJson, AddedTokensFollowTheirRules) {
  const auto tokenizer = make(small());
  ASSERT_TRUE(tokenizer.ok());
  const BertEncoding encoding = tokenizer->encode("a  [MASK]New WORDa");
  EXPECT_EQ(encoding.ids, (std::vector<std::int64_t>{2, 5, 4, 9, 5, 3}));
  EXPECT_EQ(encoding.offsets[2], (TextRange{1, 9}));  // with the spaces before it
  EXPECT_EQ(encoding.offsets[3], (TextRange{9, 17}));
  EXPECT_TRUE(tokenizer->is_special(4));
  EXPECT_FALSE(tokenizer->is_special(9));
}

TEST(TokenizerJson, NamesWhatIsNotBerts) {
  EXPECT_THAT(error_with("\"WordPiece\", \"unk", "\"BPE\", \"unk"), HasSubstr("\"BPE\""));
  EXPECT_THAT(error_with("BertNormalizer", "NFKC"), HasSubstr("normalizer is \"NFKC\""));
  EXPECT_THAT(error_with("BertPreTokenizer", "ByteLevel"), HasSubstr("ByteLevel"));
  EXPECT_THAT(error_with("{\"type\": \"BertPreTokenizer\"}", "null"),
              HasSubstr("no pre_tokenizer"));
  EXPECT_THAT(error_with("\"type_id\": 1}},\n", "\"type_id\": 0}},\n"), HasSubstr("pair"));
  EXPECT_THAT(
      error_with("\"continuing_subword_prefix\": \"##\"", "\"continuing_subword_prefix\": \"@\""),
      HasSubstr("\"@\""));
}

TEST(TokenizerJson, NamesWhatIsDamaged) {
  EXPECT_THAT(error_with("\"e\": 8", "\"e\": 7"), HasSubstr("the same id, 7"));
  EXPECT_THAT(error_with("\"e\": 8", "\"e\": -1"), HasSubstr("\"e\" has no id"));
  EXPECT_THAT(error_with("\"e\": 8", "\"e\": {}"), HasSubstr("\"e\" has no id"));
  EXPECT_THAT(error_with("\"e\": 8", "\"e\": 2000000000"), HasSubstr("2000000000"));
  EXPECT_THAT(error_with("\"id\": 4,", "\"id\": 5,"), HasSubstr("id"));
  EXPECT_THAT(error_with("\"[UNK]\": 1", "\"unk\": 1"), HasSubstr("[UNK]"));
  EXPECT_THAT(error_with("\"content\": \"[MASK]\"", "\"content\": 3"), HasSubstr("added token"));
  EXPECT_THAT(std::string(make(std::string(100'000, '[')).status().message()), HasSubstr("deep"));
  EXPECT_THAT(std::string(make("[]").status().message()), HasSubstr("object"));
  EXPECT_THAT(std::string(make("{\"a\": ").status().message()), HasSubstr("byte"));
}

TEST(TokenizerJson, OtherModelsListsAreNotKept) {
  std::string merges = "[";
  for (int i = 0; i < 100'000; ++i) merges += "[\"a\", \"b\"],";
  merges.back() = ']';
  EXPECT_THAT(error_with("\"type\": \"WordPiece\", \"unk",
                         absl::StrCat("\"merges\": ", merges, ", \"type\": \"BPE\", \"unk")),
              HasSubstr("\"BPE\""));
}

}  // namespace
}  // namespace bittensor
