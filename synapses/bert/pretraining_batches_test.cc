// SPDX-License-Identifier: MIT
#include "synapses/bert/pretraining_batches.h"

#include <set>

#include "gtest/gtest.h"
#include "synapses/bert/bert_testing.h"
#include "torch/types.h"

namespace bittensor {
namespace {

// Two texts of sentences of one to seven words.
Documents documents() {
  Documents result(2);
  for (int i = 0; i < 60; ++i) {
    std::string sentence = i % 2 == 0 ? "we" : "one";
    for (int word = 0; word < i * 7 % 6; ++word) sentence += " people";
    result[static_cast<std::size_t>(i % 2)].push_back(sentence + ".");
  }
  return result;
}

PretrainingBatches batches(std::uint64_t seed = 1, bool shuffle = true, bool mark_shared = false) {
  PretrainingBatches::Options options;
  options.batching.mark_shared = mark_shared;
  options.batch_size = 4;
  options.batching.max_length = 12;
  options.seed = seed;
  options.shuffle = shuffle;
  return PretrainingBatches(documents(), tokenizer_of("we one people ."), options);
}

bool same(const BertBatch& a, const BertBatch& b) {
  return a.texts == b.texts && torch::equal(a.input.ids, b.input.ids) &&
         torch::equal(a.word_labels, b.word_labels) && torch::equal(a.next_labels, b.next_labels);
}

TEST(PretrainingBatches, FitTogether) {
  PretrainingBatches train = batches();
  EXPECT_EQ(train.pairs(), 28);  // the shorter epoch of two texts of 30 sentences
  EXPECT_EQ(train.per_epoch(), 7);
  for (std::int64_t step = 0; step < 14; ++step) {
    const BertBatch batch = train.at(step);
    const auto shape = batch.input.ids.sizes();
    EXPECT_EQ(batch.texts.size(), 4);
    EXPECT_LE(shape[1], 12);
    EXPECT_EQ(batch.word_labels.sizes(), batch.asked.sizes());
    EXPECT_EQ(batch.answer_positions.sizes(), batch.asked.sizes());
    EXPECT_EQ(batch.asked.select(1, 0).sum().item<int>(), 0);
    EXPECT_LT(batch.asked.max().item<int>(), shape[1]);
    EXPECT_EQ(batch.next_labels.sizes(), (std::vector<std::int64_t>{4}));
    EXPECT_GE(batch.word_labels.ne(kBertIgnored).sum().item<int>(), 4);
    for (const std::string& text : batch.texts) EXPECT_NE(text.find("[SEP]"), std::string::npos);
  }
}

TEST(PretrainingBatches, FollowFromSeedAndStepAlone) {
  PretrainingBatches all = batches();
  std::vector<BertBatch> seen;
  for (std::int64_t step = 0; step < 14; ++step) seen.push_back(all.at(step));
  PretrainingBatches resumed = batches();
  EXPECT_TRUE(same(resumed.at(9), seen[9]));
  EXPECT_TRUE(same(resumed.at(3), seen[3]));
  EXPECT_FALSE(same(seen[3], seen[10]));  // the same place in the next epoch
  EXPECT_FALSE(same(batches(2).at(3), seen[3]));
}

TEST(PretrainingBatches, OfATestAreTheSameInEachEpoch) {
  PretrainingBatches test = batches(1, /*shuffle=*/false);
  EXPECT_TRUE(same(test.at(2), test.at(2 + test.per_epoch())));
}

TEST(PretrainingBatches, HoldPairsOfLikeLength) {
  PretrainingBatches train = batches();
  std::int64_t computed = 0;
  std::int64_t padding = 0;
  for (std::int64_t step = 0; step < train.per_epoch(); ++step) {
    const BertInput input = train.at(step).input;
    computed += input.ids.numel();
    padding += input.ids.eq(0).sum().item<std::int64_t>();
  }
  EXPECT_LT(padding, computed / 5);
}

TEST(PretrainingBatches, HaveTheTypesThatOthersGiveTheSameText) {
  const auto tokenizer = tokenizer_of("we one people .");
  for (const bool mark_shared : {false, true}) {
    BertConfig config;
    config.type_vocab_size = mark_shared ? 4 : 2;
    config.max_position_embeddings = 12;
    PretrainingBatches train = batches(1, true, mark_shared);
    std::int64_t marked = 0;
    for (std::int64_t step = 0; step < train.per_epoch(); ++step) {
      const BertBatch batch = train.at(step);
      marked += batch.input.type_ids.ge(2).sum().item<std::int64_t>();
      for (std::size_t row = 0; row < batch.texts.size(); ++row) {
        const BertEncoding asked = encode_text(*tokenizer, batch.texts[row], config);
        const torch::Tensor types =
            batch.input.type_ids[static_cast<std::int64_t>(row)].slice(0, 0, asked.size());
        EXPECT_TRUE(torch::equal(types, torch::tensor(asked.type_ids))) << batch.texts[row];
      }
    }
    EXPECT_EQ(marked > 0, mark_shared);
  }
}

}  // namespace
}  // namespace bittensor
