// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "c10/core/Device.h"
#include "synapses/bert/folder.h"
#include "synapses/bert/pooling.h"
#include "text/tokenizer.h"

#include "bittensor/synapse/synapse.h"

namespace bittensor {

// A trained BERT, of a folder as transformers saves it, as a frozen expert: it answers neurons that
// learn language, and learns nothing itself.
//
// What it answers to a text, [sequence, network_dim], are vectors of the model's width with zeros
// behind them. Position 1 + i has word i (word_states.h): the mean of the hidden states of its
// pieces. Position 0 has the text as a whole: what modules.json says comes behind the model,
// without it the mean over the tokens, in either case not brought to length 1, since a neuron holds
// what it hears to [-1, 1] and would take numbers of a twentieth for nothing. What is behind the
// first
// "[SEP]" of a text is a second text.
//
// A BertForSequenceClassification with one label of several has at position 0 the pooled state, and
// predicts from it: for neurons that learn classes of the same names (task_of_labels()).
//
// Copies share the model, which nothing changes. Not thread-safe, except that copies may be used
// at the same time.
class BertExpert final : public Synapse {
 public:
  // Errors as open_bert()'s, BertTokenizer::load()'s and read_sentence_modules()'s.
  static absl::StatusOr<std::shared_ptr<BertExpert>> open(
      const std::string& path, const torch::Device& device = torch::kCPU);

  Schema schema() const override { return schema_; }
  std::shared_ptr<Synapse> fresh() const override;
  torch::Tensor forward_text(const std::vector<std::string>& inputs) override;
  torch::Tensor predict(const torch::Tensor& outputs) override;

 private:
  BertExpert() = default;

  // What stands for whole texts, [batch, features].
  torch::Tensor whole(const BertOutput& output, const BertInput& input);

  std::shared_ptr<BertForTask> model_;
  std::shared_ptr<const BertTokenizer> tokenizer_;
  SentenceModules modules_;
  Schema schema_;
  torch::Device device_ = torch::kCPU;
  BertConfig reading_;  // the model's, with as many positions as are read
};

}  // namespace bittensor
