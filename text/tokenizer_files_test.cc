// SPDX-License-Identifier: MIT
#include "text/tokenizer_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "sodium.h"

namespace bittensor {
namespace {

using ::testing::HasSubstr;

constexpr char kVocabPath[] = "tests/data/bert/vocab.txt";

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(VocabJson, GivesTheVocabularyOfBertBaseUncased) {
  // vocab.json as the package has it, made back from vocab.txt.
  const auto vocabulary = BertVocabulary::load(kVocabPath);
  ASSERT_TRUE(vocabulary.ok());
  nlohmann::json tokens = nlohmann::json::array();
  for (std::size_t i = 0; i < vocabulary->size(); ++i) {
    const std::string token(vocabulary->token(static_cast<std::int64_t>(i)));
    const bool bracketed = token.size() > 3 && token.front() == '[' && token.back() == ']';
    if (i == 1) {
      tokens.push_back("\u2581");
    } else if (bracketed) {
      tokens.push_back(token);
    } else {
      tokens.push_back(token.rfind("##", 0) == 0 && token.size() > 2 ? token.substr(2)
                                                                     : "\u2581" + token);
    }
  }
  const auto text = vocab_txt_from_json(tokens.dump());
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(*text == read(kVocabPath));

  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(text->data()), text->size());
  const std::string bytes(reinterpret_cast<const char*>(hash), sizeof hash);
  EXPECT_EQ(absl::BytesToHexString(bytes), kBertBaseUncasedVocabSha256);
}

TEST(VocabJson, RefusesOtherJson) {
  EXPECT_FALSE(vocab_txt_from_json("{}").ok());
  EXPECT_FALSE(vocab_txt_from_json("[\"a\"").ok());
  EXPECT_THAT(std::string(vocab_txt_from_json("[\"a\", 3]").status().message()),
              HasSubstr("entry 1"));
}

TEST(TokenizerConfig, ReadsTheFieldsItKnows) {
  const auto options = parse_tokenizer_config(
      R"({"do_lower_case": false, "strip_accents": null, "tokenize_chinese_chars": false,
          "cls_token": {"content": "<s>"}, "unk_token": "<unk>", "model_max_length": 512})");
  ASSERT_TRUE(options.ok());
  EXPECT_FALSE(options->do_lower_case);
  EXPECT_EQ(options->strip_accents, false);
  EXPECT_FALSE(options->tokenize_chinese_chars);
  EXPECT_EQ(options->cls_token, "<s>");
  EXPECT_EQ(options->unk_token, "<unk>");
  EXPECT_EQ(options->sep_token, "[SEP]");
}

TEST(TokenizerConfig, NamesTheFieldOfAWrongType) {
  EXPECT_THAT(std::string(parse_tokenizer_config(R"({"do_lower_case": 1})").status().message()),
              HasSubstr("do_lower_case"));
  EXPECT_THAT(std::string(parse_tokenizer_config(R"({"sep_token": []})").status().message()),
              HasSubstr("sep_token"));
  EXPECT_FALSE(parse_tokenizer_config("[]").ok());
}

TEST(BertTokenizerLoad, ReadsAFolderAsHuggingFaceWritesIt) {
  const std::string folder = ::testing::TempDir() + "bert_tokenizer_load";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nA\na\n";
  std::ofstream(folder + "/tokenizer_config.json") << R"({"do_lower_case": false})";
  const auto tokenizer = BertTokenizer::load(folder);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->encode("A").ids[1], 5);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bittensor
