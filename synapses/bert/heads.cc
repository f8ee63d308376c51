// SPDX-License-Identifier: MIT
#include "synapses/bert/heads.h"

#include "torch/torch.h"

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

BertPredictions::BertPredictions(const BertConfig& config) : activation_(config.hidden_act) {
  const auto transform = register_module("transform", std::make_shared<BertGroup>());
  dense_ = transform->add("dense", make_linear(config, config.hidden_size));
  norm_ = torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
  transform->add("LayerNorm", norm_.ptr());
  bias_ = register_parameter("bias", torch::zeros({config.vocab_size}));
}

torch::Tensor BertPredictions::forward(const torch::Tensor& hidden, const torch::Tensor& words) {
  const torch::Tensor transformed =
      norm_->forward(bert_activation(activation_, dense_->forward(hidden)));
  return torch::linear(transformed, words, bias_);
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

BertForMaskedLM::BertForMaskedLM(const BertConfig& config) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config, /*with_pooler=*/false));
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  predictions_ = folder->add("predictions", std::make_shared<BertPredictions>(config));
}

BertHeadOutput BertForMaskedLM::forward(const BertInput& input, const torch::Tensor& labels) {
  const torch::Tensor hidden = bert_->forward(input).hidden;
  const torch::Tensor& words = bert_->word_embeddings();
  if (labels.defined()) return predictions_->ask(hidden, words, labels);
  return {{}, predictions_->forward(hidden, words)};
}

BertForNextSentencePrediction::BertForNextSentencePrediction(const BertConfig& config) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config));
  const auto folder = register_module("cls", std::make_shared<BertGroup>());
  next_ = folder->add("seq_relationship", make_linear(config, 2));
}

BertHeadOutput BertForNextSentencePrediction::forward(const BertInput& input,
                                                      const torch::Tensor& labels) {
  BertHeadOutput output;
  output.logits = next_->forward(bert_->forward(input).pooled);
  if (labels.defined()) output.loss = mean_loss(output.logits, labels);
  return output;
}

BertForSequenceClassification::BertForSequenceClassification(const BertConfig& config)
    : dropout_(classifier_dropout(config)) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config));
  classifier_ = register_module("classifier", make_linear(config, config.num_labels));
}

BertHeadOutput BertForSequenceClassification::forward(const BertInput& input,
                                                      const torch::Tensor& labels) {
  const torch::Tensor pooled =
      torch::dropout(bert_->forward(input).pooled, dropout_, is_training());
  BertHeadOutput output;
  output.logits = classifier_->forward(pooled);
  if (!labels.defined()) return output;
  output.loss = output.logits.size(1) == 1 ? torch::mse_loss(output.logits.squeeze(1), labels)
                                           : mean_loss(output.logits, labels);
  return output;
}

BertForTokenClassification::BertForTokenClassification(const BertConfig& config)
    : dropout_(classifier_dropout(config)) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config, /*with_pooler=*/false));
  classifier_ = register_module("classifier", make_linear(config, config.num_labels));
}

BertHeadOutput BertForTokenClassification::forward(const BertInput& input,
                                                   const torch::Tensor& labels) {
  const torch::Tensor hidden =
      torch::dropout(bert_->forward(input).hidden, dropout_, is_training());
  BertHeadOutput output;
  output.logits = classifier_->forward(hidden);
  if (labels.defined()) {
    output.loss = mean_loss(output.logits.flatten(0, 1), labels.reshape(-1));
  }
  return output;
}

BertForQuestionAnswering::BertForQuestionAnswering(const BertConfig& config) {
  bert_ = register_module("bert", std::make_shared<BertModel>(config, /*with_pooler=*/false));
  answers_ = register_module("qa_outputs", make_linear(config, 2));
}

BertHeadOutput BertForQuestionAnswering::forward(const BertInput& input,
                                                 const torch::Tensor& labels) {
  BertHeadOutput output;
  output.logits = answers_->forward(bert_->forward(input).hidden);
  if (!labels.defined()) return output;
  const torch::Tensor known =
      labels.masked_fill(labels.lt(0).logical_or(labels.ge(output.logits.size(1))), kBertIgnored);
  output.loss = (mean_loss(output.logits.select(2, 0), known.select(1, 0)) +
                 mean_loss(output.logits.select(2, 1), known.select(1, 1))) /
                2;
  return output;
}

}  // namespace bittensor
