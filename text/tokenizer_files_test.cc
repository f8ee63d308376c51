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
  BertTokenizer::Options options;
  const absl::Status status = apply_tokenizer_config(
      R"({"do_lower_case": false, "strip_accents": null, "tokenize_chinese_chars": false,
          "cls_token": {"content": "<s>"}, "unk_token": "<unk>", "model_max_length": 512})",
      options);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(options.do_lower_case);
  EXPECT_EQ(options.strip_accents, std::nullopt);
  EXPECT_FALSE(options.tokenize_chinese_chars);
  EXPECT_EQ(options.cls_token, "<s>");
  EXPECT_EQ(options.unk_token, "<unk>");
  EXPECT_EQ(options.sep_token, "[SEP]");
  EXPECT_EQ(options.model_max_length, 512);
}

TEST(TokenizerConfig, NamesTheFieldOfAWrongType) {
  BertTokenizer::Options options;
  const auto message = [&](absl::string_view config) {
    return std::string(apply_tokenizer_config(config, options).message());
  };
  EXPECT_THAT(message(R"({"do_lower_case": 1})"), HasSubstr("do_lower_case"));
  EXPECT_THAT(message(R"({"sep_token": []})"), HasSubstr("sep_token"));
  EXPECT_THAT(message(R"({"strip_accents": "no"})"), HasSubstr("strip_accents"));
  EXPECT_THAT(message("[]"), HasSubstr("JSON"));
}

TEST(TokenizerConfig, NamesAClassThatCutsOtherwise) {
  BertTokenizer::Options options;
  EXPECT_TRUE(
      apply_tokenizer_config(R"({"tokenizer_class": "DistilBertTokenizerFast"})", options).ok());
  EXPECT_THAT(
      std::string(apply_tokenizer_config(R"({"tokenizer_class": "BertJapaneseTokenizer"})", options)
                      .message()),
      HasSubstr("BertJapaneseTokenizer"));
}

class TokenizerFolder : public ::testing::Test {
 protected:
  TokenizerFolder() : folder_(::testing::TempDir() + "tokenizer_folder") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~TokenizerFolder() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ + "/" + name) << content;
  }
  std::string error() const { return std::string(BertTokenizer::load(folder_).status().message()); }

  const std::string folder_;
};

constexpr char kWords[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nA\na\n\u00e9\ne\n";

TEST_F(TokenizerFolder, OfVocabTxtIsReadWithItsConfig) {
  write("vocab.txt", kWords);
  write("tokenizer_config.json", R"({"do_lower_case": false, "added_tokens_decoder": {
      "9": {"content": "<new>", "lstrip": false, "normalized": false, "rstrip": false,
            "single_word": false, "special": true}}})");
  write("added_tokens.json", R"({"<new>": 9, "<old>": 10})");
  const auto tokenizer = BertTokenizer::load(folder_);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->encode("A<new>a<old>").ids, (std::vector<std::int64_t>{2, 5, 9, 6, 10, 3}));
  EXPECT_TRUE(tokenizer->is_special(9));
  EXPECT_FALSE(tokenizer->is_special(10));
}

TEST_F(TokenizerFolder, SavedOpensAgainFromEitherFile) {
  for (const auto strip : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
    BertTokenizer::Options options;
    options.strip_accents = strip;
    options.model_max_length = 64;
    const auto tokenizer = BertTokenizer::create(*BertVocabulary::parse(kWords), options);
    ASSERT_TRUE(tokenizer.ok());
    ASSERT_TRUE(save_tokenizer(*tokenizer, folder_).ok());
    EXPECT_EQ(read(folder_ + "/vocab.txt"), kWords);
    const std::int64_t letter = strip == false ? 7 : 8;
    for (const char* file : {"vocab.txt", "tokenizer.json"}) {
      std::filesystem::remove(folder_ + "/" +
                              (std::string(file) == "vocab.txt" ? "tokenizer.json" : "vocab.txt"));
      const auto again = BertTokenizer::load(folder_);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->encode("\u00c9").ids, (std::vector<std::int64_t>{2, letter, 3})) << file;
      EXPECT_EQ(again->options().strip_accents, strip);
      EXPECT_EQ(again->options().model_max_length, 64);
      ASSERT_TRUE(save_tokenizer(*tokenizer, folder_).ok());
    }
  }
}

TEST_F(TokenizerFolder, ConfigWinsOverTokenizerJsonUnlessThatIsAll) {
  const auto tokenizer = BertTokenizer::create(*BertVocabulary::parse(kWords), {});
  ASSERT_TRUE(tokenizer.ok() && save_tokenizer(*tokenizer, folder_).ok());
  write("tokenizer_config.json", R"({"do_lower_case": false, "tokenizer_class": "BertTokenizer"})");
  EXPECT_EQ(BertTokenizer::load(folder_)->encode("A").ids[1], 5);
  write("tokenizer_config.json", R"({"do_lower_case": false,
                                     "tokenizer_class": "PreTrainedTokenizerFast"})");
  EXPECT_EQ(BertTokenizer::load(folder_)->encode("A").ids[1], 6);
  write("tokenizer_config.json", "{}");
  EXPECT_EQ(BertTokenizer::load(folder_)->encode("A").ids[1], 6);
}

TEST_F(TokenizerFolder, OfAnotherModelIsNamed) {
  EXPECT_THAT(error(), HasSubstr("no tokenizer.json and no vocab.txt"));
  write("merges.txt", "a b\n");
  EXPECT_THAT(error(), HasSubstr("GPT-2"));
  write("vocab.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  EXPECT_THAT(error(), HasSubstr("git lfs pull"));
  write("vocab.txt", "<!DOCTYPE html><html>");
  EXPECT_THAT(error(), HasSubstr("web page"));
  write("vocab.txt", kWords);
  write("tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})");
  EXPECT_THAT(error(), HasSubstr("BertJapaneseTokenizer"));
}

}  // namespace
}  // namespace bittensor
