// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "synapses/bert/heads.h"
#include "synapses/bert/mixed_precision.h"
#include "synapses/student_synapse.h"
#include "text/tokenizer.h"
#include "torch/nn/modules/linear.h"

#include "bittensor/synapse/network_view.h"
#include "bittensor/synapse/synapse_output.h"

namespace bittensor {

// A name for what classes of texts mean (Task): the same for the same labels in the same order.
std::string task_of_labels(const std::vector<std::string>& labels);

// A BERT that tells classes of texts apart, fine-tuned as a neuron:
//
//   text ─tokenizer, BERT─► pooled ─classifier─► logits: the local path
//                             └─features─► context ─student─► guess of the network context
//                                             └───────+───────┘
//                                                     ▼
//                               network context ──► joint ──► output ─target─► logits
//
// The local path is BertForSequenceClassification as it is ("classification." before its names): a
// neuron alone learns what the same model learns in transformers. What it answers to a text is
// [1, network_dim], of the text as a whole. Features, joint and target learn beside the model, and
// change it only for the sake of those whom it answers (TaughtGradients).
//
// Not thread-safe.
class BertTextClassifier : public StudentSynapse {
 public:
  struct Options {
    std::int64_t network_dim = kDefaultNetworkDim;
    std::int64_t student = 128;  // hidden units of the student
    std::int64_t joint = 128;    // hidden units of the joint part
    std::string task;            // what the classes mean, see Task; "": answers without predictions
    Precision precision = Precision::kFloat32;  // of the model's passes
    std::int64_t max_length = 128;  // tokens read of a text, at most as many as the model has
  };

  struct LocalPass {
    SynapseOutput output;  // local_target: the classifier's logits [batch, num_labels]
    torch::Tensor student;
  };

  // `model` is trained in place.
  BertTextClassifier(Options options, std::shared_ptr<BertForSequenceClassification> model,
                     std::shared_ptr<const BertTokenizer> tokenizer);

  BertForSequenceClassification& model() { return *model_; }
  const BertTokenizer& tokenizer() const { return *tokenizer_; }
  const Options& options() const { return options_; }

  // No gradients for the embeddings and the first `layers` layers: -1: none, 0: the embeddings.
  void freeze(std::int64_t layers);

  // Of texts: what the model reads, all of one length, on its device.
  BertInput input_of(const std::vector<std::string>& texts) const;

  // [batch, hidden], the pooler's output.
  torch::Tensor encode(const BertInput& input);
  // What a router looks at: [batch, network_dim].
  torch::Tensor context(const torch::Tensor& pooled);

  // The local path of a batch, `labels` int64 [batch], kUnknownClass where unknown.
  LocalPass forward_local(const torch::Tensor& pooled, const torch::Tensor& labels);
  // The whole step, as ImageClassifier::forward_network(): network.context is [batch, 1,
  // network_dim].
  SynapseOutput forward_network(LocalPass local, const torch::Tensor& labels,
                                const NetworkView& network);

  Schema schema() const override;
  std::shared_ptr<Synapse> fresh() const override;
  torch::Tensor forward_text(const std::vector<std::string>& inputs) override;
  torch::Tensor predict(const torch::Tensor& outputs) override;

 private:
  // [batch, network_dim], from contexts.
  torch::Tensor output_for(const torch::Tensor& context);

  const Options options_;
  const std::shared_ptr<const BertTokenizer> tokenizer_;  // shared with copies
  std::shared_ptr<BertForSequenceClassification> model_;
  std::shared_ptr<BertLinear> features_;
  torch::nn::Linear target_{nullptr};
};

}  // namespace bittensor
