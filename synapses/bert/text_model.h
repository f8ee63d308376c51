// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "c10/core/Device.h"
#include "synapses/bert/bert_synapse.h"
#include "synapses/bert/folder.h"
#include "text/tokenizer.h"

namespace bittensor {

// A trained BERT with its tokenizer, for one task, in evaluation mode: a folder of transformers'
// (open_bert()), or, for masked words and embedding, the checkpoint of a BERT neuron.
//
// Not thread-safe.
class TextModel {
 public:
  // Errors as open_bert()'s, BertTokenizer::load()'s and load_bert()'s.
  static absl::StatusOr<TextModel> open(const std::string& path, BertTask task,
                                        const torch::Device& device = torch::kCPU);

  const BertTokenizer& tokenizer() const { return *tokenizer_; }
  const BertConfig& config() const { return config_; }
  const torch::Device& device() const { return device_; }

  // Special tokens included: what model and tokenizer both take.
  std::size_t max_tokens() const;

  // A text as the model reads it, cut to `max_tokens`. For a neuron's checkpoint what is behind the
  // first separator is a second text, as it was trained; for a folder it is not, as in
  // transformers.
  BertEncoding encode(absl::string_view text, std::size_t max_tokens) const;
  BertEncoding encode(absl::string_view text) const { return encode(text, max_tokens()); }

  torch::Tensor hidden(const BertInput& input);  // [batch, sequence, hidden]
  torch::Tensor logits(const BertInput& input);  // as BertForTask says of the task; of a folder
  // Of masked words, where `positions`, bool [batch, sequence], are: [n, vocabulary], row by row.
  torch::Tensor word_logits(const BertInput& input, const torch::Tensor& positions);

 private:
  TextModel() = default;

  BertConfig config_;
  std::shared_ptr<const BertTokenizer> tokenizer_;
  torch::Device device_ = torch::kCPU;
  // One of the two.
  std::shared_ptr<BertForTask> folder_;
  std::shared_ptr<BertSynapse> synapse_;
};

// What a model does not read of a text because it takes no more tokens.
struct UnreadText {
  std::size_t tokens_read = 0;
  std::size_t bytes_read = 0;
  absl::string_view text;  // the rest; empty: everything is read
};

// Of `text`, of which a model with room for `max_tokens` reads `encoding`.
UnreadText unread(const BertEncoding& encoding, absl::string_view text, std::size_t max_tokens);

}  // namespace bittensor
