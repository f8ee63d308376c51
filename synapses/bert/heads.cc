// SPDX-License-Identifier: MIT
#include "synapses/bert/heads.h"

#include <utility>

#include "torch/nn/modules/normalization.h"
#include "torch/types.h"

namespace bittensor {
namespace {

// Mean over the labels that count. `logits` [n, classes], `labels` int64 [n].
torch::Tensor mean_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor sum =
      torch::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Sum, kBertIgnored);
  return sum / (labels != kBertIgnored).sum().clamp_min(1);
}

std::shared_ptr<BertLinear> make_linear(const BertConfig& config, std::int64_t out) {
  return std::make_shared<BertLinear>(config.hidden_size, out, config.initializer_range);
}

double classifier_dropout(const BertConfig& config) {
  return config.classifier_dropout.value_or(config.hidden_dropout_prob);
}

}  // namespace

std::string bert_architecture(BertTask task) {
  switch (task) {
    case BertTask::kEmbedding:
      return "BertModel";
    case BertTask::kMaskedWords:
      return "BertForMaskedLM";
    case BertTask::kNextWord:
      return "BertLMHeadModel";
    case BertTask::kNextSentence:
      return "BertForNextSentencePrediction";
    case BertTask::kClassification:
      return "BertForSequenceClassification";
    case BertTask::kMultipleChoice:
      return "BertForMultipleChoice";
    case BertTask::kTokenClassification:
      return "BertForTokenClassification";
    case BertTask::kQuestionAnswering:
      return "BertForQuestionAnswering";
  }
  return {};
}

std::shared_ptr<BertForTask> make_bert(BertTask task, const BertConfig& config, bool with_pooler) {
  switch (task) {
    case BertTask::kEmbedding:
      return std::make_shared<BertForEmbedding>(config, with_pooler);
    case BertTask::kMaskedWords:
      return std::make_shared<BertForMaskedLM>(config);
    case BertTask::kNextWord:
      return std::make_shared<BertLMHeadModel>(config);
    case BertTask::kNextSentence:
      return std::make_shared<BertForNextSentencePrediction>(config);
    case BertTask::kClassification:
      return std::make_shared<BertForSequenceClassification>(config);
    case BertTask::kMultipleChoice:
      return std::make_shared<BertForMultipleChoice>(config);
    case BertTask::kTokenClassification:
      return std::make_shared<BertForTokenClassification>(config);
    case BertTask::kQuestionAnswering:
      return std::make_shared<BertForQuestionAnswering>(config);
  }
  return nullptr;
}

BertForTask::BertForTask(BertTask task, const BertConfig& config, bool with_pooler)
    : task_(task),
      bert_(register_module("bert", std::make_shared<BertModel>(config, with_pooler))) {}

BertHeadOutput BertForTask::forward(const BertInput& input, const torch::Tensor& labels,
                                    const BertExtras& extras) {
  BertHeadOutput output;
  output.encoded = bert_->forward(input, extras);
  apply_head(labels, output);
  return output;
}

BertForEmbedding::BertForEmbedding(const BertConfig& config, bool with_pooler)
    : BertForTask(BertTask::kEmbedding, config, with_pooler) {}

void BertForEmbedding::apply_head(const torch::Tensor&, BertHeadOutput&) {}

BertPredictions::BertPredictions(const BertConfig& config)
    : activation_(find_bert_activation(config.hidden_act)) {
  const auto transform = register_module("transform", std::make_shared<BertGroup>());
  dense_ = transform->add("dense", make_linear(config, config.hidden_size));
  norm_ = torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
  transform->add("LayerNorm", norm_.ptr());
  bias_ = register_parameter("bias", torch::zeros({config.vocab_size}));
  if (config.tie_word_embeddings) return;
  // As a BertEmbedding, for its fresh numbers: the bias is the one above.
  const auto decoder = std::make_shared<BertEmbedding>(config.vocab_size, config.hidden_size,
                                                       config.initializer_range);
  decoder_ = register_module("decoder", decoder)->weight;
}

torch::Tensor BertPredictions::forward(const torch::Tensor& hidden, const torch::Tensor& words) {
  const torch::Tensor transformed = norm_->forward(activation_(dense_->forward(hidden)));
  return torch::linear(transformed, decoder_.defined() ? decoder_ : words, bias_);
}

BertHeadOutput BertPredictions::ask(const torch::Tensor& hidden, const torch::Tensor& words,
                                    const torch::Tensor& labels) {
  const torch::Tensor flat = labels.reshape(-1);
  const torch::Tensor asked = (flat != kBertIgnored).nonzero().squeeze_(1);  // [n]
  const torch::Tensor rows =
      hidden.reshape({-1, hidden.size(-1)}).index_select(0, asked);  // [n, hidden]
  BertHeadOutput output;
  output.logits = forward(rows, words);
  output.loss = mean_loss(output.logits, flat.index_select(0, asked));
  return output;
}

BertForPreTraining::BertForPreTraining(const BertConfig& config) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config));
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  predictions_ = folder->add("predictions", std::make_shared<BertPredictions>(config));
  next_ = folder->add("seq_relationship", make_linear(config, 2));
}

BertForPreTraining::Output BertForPreTraining::forward(const BertInput& input,
                                                       const torch::Tensor& word_labels,
                                                       const torch::Tensor& next_labels) {
  const BertOutput encoded = bert_->forward(input);
  Output output;
  output.hidden = encoded.hidden;
  output.next_logits = next_->forward(encoded.pooled);
  if (word_labels.defined()) {
    output.masked_loss =
        predictions_->ask(encoded.hidden, bert_->word_embeddings(), word_labels).loss;
    output.loss = output.masked_loss;
  }
  if (next_labels.defined()) {
    output.next_loss = mean_loss(output.next_logits, next_labels);
    output.loss = output.loss.defined() ? output.loss + output.next_loss : output.next_loss;
  }
  return output;
}

torch::Tensor BertForPreTraining::word_logits(const torch::Tensor& hidden) {
  return predictions_->forward(hidden, bert_->word_embeddings());
}

torch::Tensor BertForPreTraining::next_logits(const torch::Tensor& first) {
  return next_->forward(bert_->pool(first.unsqueeze(1)));
}

BertForMaskedLM::BertForMaskedLM(const BertConfig& config)
    : BertForTask(BertTask::kMaskedWords, config, /*with_pooler=*/false) {
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  predictions_ = folder->add("predictions", std::make_shared<BertPredictions>(config));
}

void BertForMaskedLM::apply_head(const torch::Tensor& labels, BertHeadOutput& output) {
  const torch::Tensor& words = bert().word_embeddings();
  if (!labels.defined()) {
    output.logits = predictions_->forward(output.encoded.hidden, words);
    return;
  }
  const BertHeadOutput asked = predictions_->ask(output.encoded.hidden, words, labels);
  output.logits = asked.logits;
  output.loss = asked.loss;
}

BertLMHeadModel::BertLMHeadModel(const BertConfig& config)
    : BertForTask(BertTask::kNextWord, config, /*with_pooler=*/false) {
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  predictions_ = folder->add("predictions", std::make_shared<BertPredictions>(config));
}

void BertLMHeadModel::apply_head(const torch::Tensor& labels, BertHeadOutput& output) {
  output.logits = predictions_->forward(output.encoded.hidden, bert().word_embeddings());
  if (!labels.defined()) return;
  output.loss =
      mean_loss(output.logits.slice(1, 0, -1).flatten(0, 1), labels.slice(1, 1).reshape(-1));
}

BertForNextSentencePrediction::BertForNextSentencePrediction(const BertConfig& config)
    : BertForTask(BertTask::kNextSentence, config, /*with_pooler=*/true) {
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  next_ = folder->add("seq_relationship", make_linear(config, 2));
}

void BertForNextSentencePrediction::apply_head(const torch::Tensor& labels,
                                               BertHeadOutput& output) {
  output.logits = next_->forward(output.encoded.pooled);
  if (labels.defined()) output.loss = mean_loss(output.logits, labels);
}

BertForSequenceClassification::BertForSequenceClassification(const BertConfig& config)
    : BertForTask(BertTask::kClassification, config, /*with_pooler=*/true),
      dropout_(classifier_dropout(config)) {
  classifier_ = register_module("classifier", make_linear(config, config.num_labels));
}

torch::Tensor BertForSequenceClassification::classify(const torch::Tensor& pooled) {
  return classifier_->forward(torch::dropout(pooled, dropout_, is_training()));
}

void BertForSequenceClassification::apply_head(const torch::Tensor& labels,
                                               BertHeadOutput& output) {
  output.logits = classify(output.encoded.pooled);
  if (!labels.defined()) return;
  const std::string& type = config().problem_type;
  if (type == "multi_label_classification") {
    output.loss = torch::binary_cross_entropy_with_logits(output.logits, labels);
  } else if (type == "regression" || (type.empty() && config().num_labels == 1)) {
    output.loss = torch::mse_loss(output.logits, labels.view_as(output.logits));
  } else {
    output.loss = mean_loss(output.logits, labels);
  }
}

BertForMultipleChoice::BertForMultipleChoice(const BertConfig& config)
    : BertForTask(BertTask::kMultipleChoice, config, /*with_pooler=*/true),
      dropout_(classifier_dropout(config)) {
  classifier_ = register_module("classifier", make_linear(config, 1));
}

BertHeadOutput BertForMultipleChoice::forward(const BertInput& input, const torch::Tensor& labels,
                                              const BertExtras& extras) {
  TORCH_CHECK(input.ids.dim() == 3, "multiple choice takes ids [batch, choices, sequence], not ",
              input.ids.sizes());
  choices_ = input.ids.size(1);
  const auto flat = [](const torch::Tensor& tensor) {
    return tensor.defined() ? tensor.flatten(0, 1) : tensor;
  };
  return BertForTask::forward({flat(input.ids), flat(input.type_ids), flat(input.attention_mask)},
                              labels, extras);
}

void BertForMultipleChoice::apply_head(const torch::Tensor& labels, BertHeadOutput& output) {
  const torch::Tensor pooled = torch::dropout(output.encoded.pooled, dropout_, is_training());
  output.logits = classifier_->forward(pooled).view({-1, choices_});
  if (labels.defined()) output.loss = mean_loss(output.logits, labels);
}

BertForTokenClassification::BertForTokenClassification(const BertConfig& config)
    : BertForTask(BertTask::kTokenClassification, config, /*with_pooler=*/false),
      dropout_(classifier_dropout(config)) {
  classifier_ = register_module("classifier", make_linear(config, config.num_labels));
}

void BertForTokenClassification::apply_head(const torch::Tensor& labels, BertHeadOutput& output) {
  output.logits =
      classifier_->forward(torch::dropout(output.encoded.hidden, dropout_, is_training()));
  if (labels.defined()) {
    output.loss = mean_loss(output.logits.flatten(0, 1), labels.reshape(-1));
  }
}

BertForQuestionAnswering::BertForQuestionAnswering(const BertConfig& config)
    : BertForTask(BertTask::kQuestionAnswering, config, /*with_pooler=*/false) {
  answers_ = register_module("qa_outputs", make_linear(config, 2));
}

void BertForQuestionAnswering::apply_head(const torch::Tensor& labels, BertHeadOutput& output) {
  output.logits = answers_->forward(output.encoded.hidden);
  if (!labels.defined()) return;
  const torch::Tensor known =
      labels.masked_fill(labels.lt(0).logical_or(labels.ge(output.logits.size(1))), kBertIgnored);
  output.loss = (mean_loss(output.logits.select(2, 0), known.select(1, 0)) +
                 mean_loss(output.logits.select(2, 1), known.select(1, 1))) /
                2;
}

}  // namespace bittensor
