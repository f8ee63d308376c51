// SPDX-License-Identifier: MIT
#include "synapses/bert/shared_tokens.h"

#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"

namespace bittensor {
namespace {

using Types = std::vector<std::int64_t>;

BertConfig config(std::int64_t types) {
  BertConfig config;
  config.max_position_embeddings = 16;
  config.type_vocab_size = types;
  return config;
}

TEST(MarkSharedTokens, OfBothTextsAndNoSpecialOnes) {
  const auto tokenizer = tokenizer_of("we the people of no , .");
  BertEncoding pair = tokenizer->encode_pair("we [MASK] the people", "the [MASK] no the", {});
  mark_shared_tokens(pair, *tokenizer);
  //                             CLS we MASK the people SEP  the MASK no the SEP
  EXPECT_EQ(pair.type_ids, (Types{0, 0, 0, 2, 0, 0, 3, 1, 1, 3, 1}));

  BertEncoding alone = tokenizer->encode("the people the people");
  mark_shared_tokens(alone, *tokenizer);
  EXPECT_EQ(alone.type_ids, (Types{0, 0, 0, 0, 0, 0}));
}

TEST(MarkSharedTokens, OnlyForAModelWithTypesForThem) {
  const auto tokenizer = tokenizer_of("we the people of no , .");
  const std::string text = "we the [SEP] the people";
  EXPECT_EQ(encode_text(*tokenizer, text, config(4)).type_ids, (Types{0, 0, 2, 0, 3, 1, 1}));
  EXPECT_EQ(encode_text(*tokenizer, text, config(2)).type_ids, (Types{0, 0, 0, 0, 1, 1, 1}));
}

}  // namespace
}  // namespace bittensor
