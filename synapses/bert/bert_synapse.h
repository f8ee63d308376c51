// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "synapses/bert/heads.h"
#include "synapses/student_synapse.h"
#include "text/tokenizer.h"

#include "bittensor/synapse/synapse_output.h"

namespace bittensor {

// A mini-batch of BERT's pre-training: pairs of texts with some of their tokens hidden.
struct BertBatch {
  BertInput input;
  // int64 [batch, asked] each. Where something is asked: first 0, of [CLS], which tells whether the
  // second text follows, then the hidden tokens of the row, and 0 again up to the longest row.
  torch::Tensor asked;
  torch::Tensor word_labels;  // the hidden tokens; kBertIgnored elsewhere
  // At which position of an answer to the text the token is answered.
  torch::Tensor answer_positions;
  torch::Tensor next_labels;  // int64 [batch]; 0: the second text follows the first, 1: it does not

  // What others are asked: the same pairs, hidden likewise, "first [SEP] second".
  std::vector<std::string> texts;  // [batch]
  std::vector<std::string> plain;  // [batch], with nothing hidden: what a lesson tells

  BertBatch to(const torch::Device& device) const;
};

// BERT as a neuron's model (Devlin et al. 2018, arXiv:1810.04805), which learns words that were
// hidden and whether one text follows another:
//
//   text ─tokenizer, encoder─► hidden ─features─► context ─student─► guess of the network context
//                                 │                  └───────+───────┘
//                                 │                          ▼
//                                 │    network context ──► joint ──► output ─back─┐
//                                 └───────────(the local path only)──────────────+─► heads
//
// The heads are BertForPreTraining's, with Hugging Face's names under "pretraining.": the local
// path's `back` begins as zeros, so that a published model's first answers are its own. The network
// path has a `network_back` of its own: from one that both share it would have to draw the whole
// hidden state, and what it changed for that would be noise beside the encoder's.
//
// What it answers to a text, [sequence, network_dim]: position 0 stands for the whole text ([CLS]),
// position 1 + i for its word i, as the mean of the word's pieces. Words are cut by white space and
// punctuation alone (WordSplitter), so neurons with different vocabularies agree about them;
// "[MASK]", "[SEP]" and their like are words, and what follows a "[SEP]" is a second text.
// Of a text longer than the model the words at the end get no answer.
//
// Not thread-safe.
class BertSynapse : public StudentSynapse {
 public:
  struct Options {
    BertConfig config;  // vocab_size is that of the tokenizer, whatever it says
    std::int64_t network_dim = kDefaultNetworkDim;
    std::int64_t student = 128;  // hidden units of the student
    std::int64_t joint = 128;    // hidden units of the joint part
  };

  // The half of a step that needs no network. Everything after the encoder is computed where
  // something is asked only: rows are the batch's [CLS], then its hidden tokens, m all together.
  struct LocalPass {
    SynapseOutput output;     // local_output [m, network_dim], local_target [m - batch, vocabulary]
    torch::Tensor next;       // logits [batch, 2]
    torch::Tensor student;    // [m, network_dim]
    torch::Tensor word_loss;  // scalar: of the hidden tokens alone
  };
  // A whole step.
  struct Step {
    SynapseOutput output;     // network_output, network_target as the local ones
    torch::Tensor next;       // logits [batch, 2] of the network path
    torch::Tensor word_loss;  // scalar, of the network path
  };

  BertSynapse(const Options& options, std::shared_ptr<const BertTokenizer> tokenizer);

  const BertTokenizer& tokenizer() const { return *tokenizer_; }
  const Options& options() const { return options_; }
  const BertConfig& config() const { return options_.config; }
  BertForPreTraining& pretraining() { return *pretraining_; }

  // Before training from nothing: what need not be learnt (first_parameters.h). `counts`: of each
  // token in the corpus, int64 [vocabulary].
  void prepare(const torch::Tensor& counts);

  // The hidden states [batch, sequence, hidden] of `input`, or those of the positions `asked` only,
  // [batch, asked, hidden].
  torch::Tensor encode(const BertInput& input, const torch::Tensor& asked = {});
  // What a router looks at: [batch, network_dim], of [CLS], the first of either.
  torch::Tensor context(const torch::Tensor& hidden);

  // The local path of a batch whose encode(input, asked) is `hidden`. All that a test step needs.
  LocalPass forward_local(const torch::Tensor& hidden, const BertBatch& batch);

  // The whole step: the loss is that of the local path, of the network path (hidden tokens and next
  // text each) and of the distillation. `network_context`: [batch, positions, network_dim], answers
  // to batch.texts; its gradient comes from network_target_loss alone.
  Step forward_network(LocalPass local, const BertBatch& batch,
                       const torch::Tensor& network_context);

  // Logits [batch, sequence, vocabulary] of the local path at every token: to fill in what is
  // hidden.
  torch::Tensor word_logits(const torch::Tensor& hidden);

  Schema schema() const override;
  std::shared_ptr<Synapse> fresh() const override;
  torch::Tensor forward_text(const std::vector<std::string>& inputs) override;

 private:
  // [..., hidden] -> what others get, [..., network_dim]
  torch::Tensor output_for(const torch::Tensor& hidden);

  const Options options_;
  const std::shared_ptr<const BertTokenizer> tokenizer_;  // shared with copies
  std::shared_ptr<BertForPreTraining> pretraining_;
  std::shared_ptr<BertLinear> features_;
  std::shared_ptr<BertLinear> back_;  // of the local path, beside the encoder's hidden states
  std::shared_ptr<BertLinear> network_back_;  // of the network path, which has nothing else
};

// The tokens of `text` as a BertSynapse reads them: behind the first "[SEP]" in it all are of type
// 1, and tokens of both sides are marked if the model marks them (shared_tokens.h). As many as the
// model has positions.
BertEncoding encode_text(const BertTokenizer& tokenizer, absl::string_view text,
                         const BertConfig& config);

// What a reader of the synapse's checkpoint needs to know beside the parameters: "bert_config", a
// config.json, "tokenizer", a tokenizer.json, "tokenizer_config", the tokenizer_config.json beside
// it, and the sizes "network_dim", "student" and "joint".
std::map<std::string, std::string> model_description(const BertSynapse& synapse);

}  // namespace bittensor
