// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "synapses/bert/bert_synapse.h"

namespace bittensor {

// A tokenizer of the special tokens and `words`, with spaces between.
inline std::shared_ptr<const BertTokenizer> tokenizer_of(const std::string& words) {
  const std::string all = "[PAD] [UNK] [CLS] [SEP] [MASK] " + words;
  auto vocabulary = BertVocabulary::parse(absl::StrJoin(absl::StrSplit(all, ' '), "\n"));
  return std::make_shared<const BertTokenizer>(
      BertTokenizer::create(*std::move(vocabulary), {}).value());
}

// A synapse that takes no time.
inline BertSynapse small_bert(std::shared_ptr<const BertTokenizer> tokenizer) {
  BertSynapse::Options options;
  options.config.hidden_size = 16;
  options.config.num_hidden_layers = 2;
  options.config.num_attention_heads = 2;
  options.config.intermediate_size = 32;
  options.config.max_position_embeddings = 16;
  options.config.hidden_dropout_prob = 0;
  options.config.attention_probs_dropout_prob = 0;
  options.config.initializer_range = 0.2;
  options.network_dim = 24;
  options.student = 8;
  options.joint = 8;
  return BertSynapse(options, std::move(tokenizer));
}

}  // namespace bittensor
