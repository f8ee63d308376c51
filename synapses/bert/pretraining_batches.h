// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "datasets/text/masking.h"
#include "datasets/text/sentence_pairs.h"
#include "synapses/bert/bert_synapse.h"
#include "text/tokenizer.h"

namespace bittensor {

// Texts, each as its sentences.
using Documents = std::vector<std::vector<std::string>>;

// Two texts, and whether the second follows the first.
struct TextPair {
  std::string first;
  std::string second;
  bool follows = false;
};

// How pairs become a mini-batch.
struct PairBatching {
  std::int64_t max_length = 128;  // tokens of a pair; longer ones are cut
  MaskingOptions masking = {};
  bool mark_shared = false;  // for a model that marks_shared_tokens()
};

// A mini-batch of pairs, at least one, with tokens hidden as `random` says. Sizes [batch,
// sequence].
BertBatch make_pretraining_batch(const std::vector<TextPair>& pairs, const BertTokenizer& tokenizer,
                                 const PairBatching& options, std::mt19937_64& random);

// "first [SEP] second" as it stands in BertBatch::plain; the second text is empty without a [SEP].
TextPair split_pair(absl::string_view plain, bool follows);

// Documents as mini-batches of masked pairs of sentences (or passages, passages_of()), in another
// order, with other pairs and other tokens hidden each epoch. The batch of a step depends on the
// seed and the step alone, so a run that resumes at step n sees what it would have seen.
//
// Not thread-safe.
class PretrainingBatches {
 public:
  struct Options {
    std::int64_t batch_size = 32;  // pairs
    std::uint64_t seed = 0;
    bool shuffle = true;     // false: the same pairs and tokens each epoch, as a test wants it
    std::int64_t pairs = 0;  // only so many of an epoch; 0: all
    PairBatching batching = {};
  };

  // `documents` must have at least one pair.
  PretrainingBatches(Documents documents, std::shared_ptr<const BertTokenizer> tokenizer,
                     const Options& options);

  std::int64_t pairs() const { return static_cast<std::int64_t>(pairs_.size()); }  // of an epoch
  std::int64_t per_epoch() const;

  // The batch of `step` >= 0, counted from the start of training through all epochs. Pairs of like
  // length are in one batch. Sizes [batch, sequence]; the last batch of an epoch may be smaller.
  BertBatch at(std::int64_t step);

 private:
  void begin(std::int64_t epoch);
  const std::string& sentence(std::size_t document, std::size_t number) const;

  const Documents documents_;
  const std::shared_ptr<const BertTokenizer> tokenizer_;
  const Options options_;
  std::vector<std::size_t> sentences_;  // of each document
  std::vector<SentencePair> pairs_;     // of the epoch, in the order of its batches
  std::vector<std::size_t> batches_;    // the number of the first pair of each of its batches
  std::int64_t epoch_ = -1;
};

}  // namespace bittensor
