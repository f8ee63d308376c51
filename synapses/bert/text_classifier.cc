// SPDX-License-Identifier: MIT
#include "synapses/bert/text_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "synapses/bert/length_batches.h"
#include "synapses/class_losses.h"
#include "torch/nn/modules/linear.h"
#include "torch/types.h"

#include "bittensor/base/hasher.h"

namespace bittensor {
namespace {

// How many tokens go through the model at once when others ask: bounds the memory of a request.
constexpr std::size_t kTokensOfARequest = 8192;

}  // namespace

std::string task_of_labels(const std::vector<std::string>& labels) {
  Hasher hasher;
  for (const std::string& label : labels) hasher.add(absl::StrCat(label.size(), ":", label));
  return absl::StrCat("texts ", absl::BytesToHexString(hasher.finish().substr(0, 8)));
}

BertTextClassifier::BertTextClassifier(Options options,
                                       std::shared_ptr<BertForSequenceClassification> model,
                                       std::shared_ptr<const BertTokenizer> tokenizer)
    : StudentSynapse(options.network_dim, options.student, options.joint),
      options_(std::move(options)),
      tokenizer_(std::move(tokenizer)) {
  model_ = register_module("classification", std::move(model));
  const std::int64_t hidden = model_->config().hidden_size;
  // Of unit size beside what a tanh gives (BertSynapse).
  features_ = register_module(
      "features", std::make_shared<BertLinear>(hidden, options_.network_dim,
                                               1 / std::sqrt(static_cast<double>(hidden))));
  target_ = register_module("target",
                            torch::nn::Linear(options_.network_dim, model_->config().num_labels));
}

void BertTextClassifier::freeze(std::int64_t layers) {
  if (layers < 0) return;
  for (auto& parameter : model_->named_parameters()) {
    const std::string& name = parameter.key();
    bool frozen = absl::StartsWith(name, "bert.embeddings.");
    for (std::int64_t i = 0; i < layers && !frozen; ++i) {
      frozen = absl::StartsWith(name, absl::StrCat("bert.encoder.layer.", i, "."));
    }
    if (frozen) parameter.value().requires_grad_(false);
  }
}

BertInput BertTextClassifier::input_of(const std::vector<std::string>& texts) const {
  BertTokenizer::EncodeOptions reading;
  reading.max_length = static_cast<std::size_t>(
      std::min(options_.max_length, model_->config().max_position_embeddings));
  return make_bert_input(tokenizer_->encode_batch(texts, reading), target_->weight.device());
}

torch::Tensor BertTextClassifier::encode(const BertInput& input) {
  const MixedPrecision mixed(options_.precision, input.ids.device());
  return model_->bert().forward(input).pooled.to(at::kFloat);
}

torch::Tensor BertTextClassifier::context(const torch::Tensor& pooled) {
  return features_->forward(pooled);
}

torch::Tensor BertTextClassifier::output_for(const torch::Tensor& context) {
  return output_of(context + student_of(context), context);
}

BertTextClassifier::LocalPass BertTextClassifier::forward_local(const torch::Tensor& pooled,
                                                                const torch::Tensor& labels) {
  LocalPass local;
  SynapseOutput& output = local.output;
  output.local_target = model_->classify(pooled);
  output.local_target_loss = target_loss(output.local_target, labels);
  // Detached: what is only for others does not change what the model learns for itself.
  const torch::Tensor context = features_->forward(pooled.detach());
  local.student = student_of(context);
  output.local_output = output_of(context + local.student, context);
  output.loss =
      output.local_target_loss + target_loss(target_->forward(output.local_output), labels);
  return local;
}

SynapseOutput BertTextClassifier::forward_network(LocalPass local, const torch::Tensor& labels,
                                                  const NetworkView& network) {
  TORCH_CHECK(network.context.dim() == 3 && network.context.size(1) >= 1, "network context of ",
              network.context.sizes(), " for texts");
  const torch::Tensor bounded = network.context.select(1, 0).clamp(-1, 1);
  SynapseOutput output = std::move(local.output);
  output.network_output = output_of(bounded, bounded);
  output.network_target = target_->forward(output.network_output);
  output.network_target_loss = target_loss(output.network_target, labels);
  output.network_prediction = network.prediction;
  const auto teacher =
      network.prediction.defined() ? network.prediction : output.network_target.log_softmax(1);
  output.distillation_loss = torch::mse_loss(local.student, bounded.detach()) +
                             prediction_loss(output.local_target, teacher, labels, network.trust);
  output.loss = output.loss + output.network_target_loss + output.distillation_loss;
  return output;
}

Schema BertTextClassifier::schema() const {
  Schema schema{Modality::kText, at::kFloat, {}, options_.network_dim};
  if (!options_.task.empty()) schema.task = {options_.task, model_->config().num_labels};
  return schema;
}

std::shared_ptr<Synapse> BertTextClassifier::fresh() const {
  const BertUninitialized copied_next;
  return std::make_shared<BertTextClassifier>(
      options_, std::make_shared<BertForSequenceClassification>(model_->config()), tokenizer_);
}

torch::Tensor BertTextClassifier::forward_text(const std::vector<std::string>& inputs) {
  BertTokenizer::EncodeOptions reading;
  reading.max_length = static_cast<std::size_t>(
      std::min(options_.max_length, model_->config().max_position_embeddings));
  std::vector<BertEncoding> encodings;
  encodings.reserve(inputs.size());
  for (const std::string& text : inputs) encodings.push_back(tokenizer_->encode(text, reading));
  const torch::Tensor weight = target_->weight;
  torch::Tensor answers =
      torch::zeros({static_cast<std::int64_t>(inputs.size()), options_.network_dim},
                   weight.options().requires_grad(false));
  for (const auto& rows : batches_of_tokens(encodings, kTokensOfARequest)) {
    const BertInput input =
        make_padded_input(encodings, rows, tokenizer_->pad_id(), weight.device());
    answers.index_copy_(0, index_of(rows).to(weight.device()), output_for(context(encode(input))));
  }
  return answers.unsqueeze(1);
}

torch::Tensor BertTextClassifier::predict(const torch::Tensor& outputs) {
  if (options_.task.empty()) return {};
  return target_->forward(outputs.dim() == 3 ? outputs.select(1, 0) : outputs);
}

}  // namespace bittensor
