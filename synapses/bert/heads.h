// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "synapses/bert/model.h"
#include "torch/nn/module.h"

// BERT with what its tasks put on top. Losses are means; they are undefined where the labels
// are. The label kBertIgnored counts for nothing; if all labels are that, the loss is 0.
namespace bittensor {

// What a BERT is used for. Each is one of transformers' classes.
enum class BertTask {
  kEmbedding,            // BertModel
  kMaskedWords,          // BertForMaskedLM
  kNextWord,             // BertLMHeadModel
  kNextSentence,         // BertForNextSentencePrediction
  kClassification,       // BertForSequenceClassification
  kMultipleChoice,       // BertForMultipleChoice
  kTokenClassification,  // BertForTokenClassification
  kQuestionAnswering,    // BertForQuestionAnswering
};

// "BertForMaskedLM"
std::string bert_architecture(BertTask task);

struct BertHeadOutput {
  torch::Tensor loss;  // scalar
  torch::Tensor logits;
  BertOutput encoded = {};
};

// A BERT with one head. Not thread-safe.
class BertForTask : public torch::nn::Module {
 public:
  // `labels` may be undefined. Shapes of logits and labels: at each class.
  virtual BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {},
                                 const BertExtras& extras = {});

  BertTask task() const { return task_; }
  const BertConfig& config() const { return bert_->config(); }
  BertModel& bert() { return *bert_; }

 protected:
  BertForTask(BertTask task, const BertConfig& config, bool with_pooler);

  // Fills in logits and loss from what the body made of the input.
  virtual void apply_head(const torch::Tensor& labels, BertHeadOutput& output) = 0;

 private:
  BertTask task_;
  std::shared_ptr<BertModel> bert_;
};

// With fresh parameters. `with_pooler` counts for kEmbedding alone; the other tasks know.
std::shared_ptr<BertForTask> make_bert(BertTask task, const BertConfig& config,
                                       bool with_pooler = true);

// No head: logits are undefined.
class BertForEmbedding : public BertForTask {
 public:
  explicit BertForEmbedding(const BertConfig& config, bool with_pooler = true);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;
};

// Which word stands at each position: the layer of the masked language model, whose last matrix
// is that of the word embeddings, unless config.tie_word_embeddings says that it has its own.
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
  BertActivation activation_;
  std::shared_ptr<BertLinear> dense_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::Tensor bias_;     // [vocabulary]
  torch::Tensor decoder_;  // [vocabulary, hidden]; undefined if it is that of the words
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
class BertForMaskedLM : public BertForTask {
 public:
  explicit BertForMaskedLM(const BertConfig& config);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  std::shared_ptr<BertPredictions> predictions_;
};

// The next word at each position: logits [batch, sequence, vocabulary]. `labels` int64 [batch,
// sequence] are the words themselves: position i is held against label i + 1. Without
// config.is_decoder positions see the word that they are to guess.
class BertLMHeadModel : public BertForTask {
 public:
  explicit BertLMHeadModel(const BertConfig& config);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  std::shared_ptr<BertPredictions> predictions_;
};

// Only whether the second text follows: logits [batch, 2], labels int64 [batch].
class BertForNextSentencePrediction : public BertForTask {
 public:
  explicit BertForNextSentencePrediction(const BertConfig& config);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  std::shared_ptr<BertLinear> next_;
};

// The class of a text: logits [batch, num_labels]. What labels are is said by
// config.problem_type: a class, int64 [batch]; numbers, [batch] of one label or [batch,
// num_labels], by the mean squared error; or any of several classes, floats of 0 and 1 [batch,
// num_labels], by binary cross-entropy.
class BertForSequenceClassification : public BertForTask {
 public:
  explicit BertForSequenceClassification(const BertConfig& config);

  // Logits [batch, num_labels] of pooled states [batch, hidden].
  torch::Tensor classify(const torch::Tensor& pooled);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  double dropout_;
  std::shared_ptr<BertLinear> classifier_;
};

// Which of several texts fits: the input's tensors are [batch, choices, sequence], logits [batch,
// choices], labels int64 [batch].
class BertForMultipleChoice : public BertForTask {
 public:
  explicit BertForMultipleChoice(const BertConfig& config);
  BertHeadOutput forward(const BertInput& input, const torch::Tensor& labels = {},
                         const BertExtras& extras = {}) override;

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  double dropout_;
  std::int64_t choices_ = 1;  // of the input under way
  std::shared_ptr<BertLinear> classifier_;
};

// The class of each token: logits [batch, sequence, num_labels], labels int64 [batch, sequence].
class BertForTokenClassification : public BertForTask {
 public:
  explicit BertForTokenClassification(const BertConfig& config);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  double dropout_;
  std::shared_ptr<BertLinear> classifier_;
};

// Where in the text the answer begins and ends: logits [batch, sequence, 2]. `labels` int64
// [batch, 2]: first and last token; one that is not in the text counts for nothing.
class BertForQuestionAnswering : public BertForTask {
 public:
  explicit BertForQuestionAnswering(const BertConfig& config);

 protected:
  void apply_head(const torch::Tensor& labels, BertHeadOutput& output) override;

 private:
  std::shared_ptr<BertLinear> answers_;
};

}  // namespace bittensor
