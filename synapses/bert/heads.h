// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "synapses/bert/model.h"
#include "torch/nn/module.h"

// BERT with what its tasks put on top. Losses are means; they are undefined where the labels
// are. The label kBertIgnored counts for nothing; if all labels are that, the loss is 0.
namespace bittensor {

struct BertHeadOutput {
  torch::Tensor loss;  // scalar
  torch::Tensor logits;
};

// Which word stands at each position: the layer of the masked language model, whose last matrix
// is that of the word embeddings.
class BertPredictions : public torch::nn::Module {
 public:
  explicit BertPredictions(const BertConfig& config);

  // [..., hidden] -> logits [..., vocabulary]; `words` [vocabulary, hidden].
  torch::Tensor forward(const torch::Tensor& hidden, const torch::Tensor& words);

  // Of the n positions that have a label; only their logits are computed. `hidden`
  // [batch, sequence, hidden], `labels` int64 [batch, sequence].
  BertHeadOutput ask(const torch::Tensor& hidden, const torch::Tensor& words,
                     const torch::Tensor& labels);

 private:
  std::string activation_;
  std::shared_ptr<BertLinear> dense_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::Tensor bias_;  // [vocabulary]
};

// Both tasks of BERT's pre-training: masked words and whether the second text follows the first.
class BertForPreTraining : public torch::nn::Module {
 public:
  struct Output {
    torch::Tensor loss;         // masked_loss + next_loss, of those that there are
    torch::Tensor masked_loss;  // undefined without word labels
    torch::Tensor next_loss;    // undefined without next labels
    torch::Tensor next_logits;  // [batch, 2]; 0: it follows, 1: it does not
    torch::Tensor hidden;       // [batch, sequence, hidden]
  };

  explicit BertForPreTraining(const BertConfig& config);

  // `word_labels` int64 [batch, sequence], kBertIgnored where nothing is asked; `next_labels`
  // int64 [batch]. Both may be undefined.
  Output forward(const BertInput& input, const torch::Tensor& word_labels = {},
                 const torch::Tensor& next_labels = {});

  // The words at each position of `hidden` [..., hidden]: logits [..., vocabulary].
  torch::Tensor word_logits(const torch::Tensor& hidden);

  // Whether the second text follows, by `first` [batch, hidden], the hidden states of [CLS]:
  // logits [batch, 2].
  torch::Tensor next_logits(const torch::Tensor& first);

  BertModel& bert() { return *bert_; }

 private:
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertPredictions> predictions_;
  std::shared_ptr<BertLinear> next_;
};

// Only masked words. No pooler. logits [batch, sequence, vocabulary], with labels only those of
// the n positions that have one, [n, vocabulary].
class BertForMaskedLM : public torch::nn::Module {
 public:
  explicit BertForMaskedLM(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {});

 private:
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertPredictions> predictions_;
};

// Only whether the second text follows: logits [batch, 2], labels int64 [batch].
class BertForNextSentencePrediction : public torch::nn::Module {
 public:
  explicit BertForNextSentencePrediction(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {});

 private:
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertLinear> next_;
};

// The class of a text: logits [batch, num_labels], labels int64 [batch]. With one label it is a
// number: labels are floats [batch], and the loss is the mean squared error.
class BertForSequenceClassification : public torch::nn::Module {
 public:
  explicit BertForSequenceClassification(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {});

 private:
  double dropout_;
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertLinear> classifier_;
};

// The class of each token: logits [batch, sequence, num_labels], labels int64 [batch, sequence].
class BertForTokenClassification : public torch::nn::Module {
 public:
  explicit BertForTokenClassification(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {});

 private:
  double dropout_;
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertLinear> classifier_;
};

// Where in the text the answer begins and ends: logits [batch, sequence, 2]. `labels` int64
// [batch, 2]: first and last token; one that is not in the text counts for nothing.
class BertForQuestionAnswering : public torch::nn::Module {
 public:
  explicit BertForQuestionAnswering(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {});

 private:
  std::shared_ptr<BertModel> bert_;
  std::shared_ptr<BertLinear> answers_;
};

}  // namespace bittensor
