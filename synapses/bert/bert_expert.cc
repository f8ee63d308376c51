// SPDX-License-Identifier: MIT
#include "synapses/bert/bert_expert.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "synapses/bert/bert_synapse.h"
#include "synapses/bert/length_batches.h"
#include "synapses/bert/text_classifier.h"
#include "synapses/bert/word_states.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

// How many tokens go through the model at once: bounds the memory of a request.
constexpr std::size_t kTokensOfExpert = 8192;

// Whether the folder's model tells one class of several, by a config.json that opens.
bool is_classifier(const std::string& folder) {
  const auto config = BertConfig::load(folder + "/config.json");
  if (!config.ok() || config->architectures.empty() || config->num_labels < 2) return false;
  return config->architectures.front() == bert_architecture(BertTask::kClassification) &&
         (config->problem_type.empty() || config->problem_type == "single_label_classification");
}

}  // namespace

absl::StatusOr<std::shared_ptr<BertExpert>> BertExpert::open(const std::string& path,
                                                             const torch::Device& device) {
  const std::shared_ptr<BertExpert> expert(new BertExpert());
  BITTENSOR_ASSIGN_OR_RETURN(expert->modules_, read_sentence_modules(path));
  SentenceModules& modules = expert->modules_;
  modules.normalize = false;
  BertFolderOptions options;
  options.device = device;
  const bool classifies = is_classifier(modules.folder);
  BITTENSOR_ASSIGN_OR_RETURN(
      BertFolder folder,
      open_bert(modules.folder, classifies ? BertTask::kClassification : BertTask::kEmbedding,
                options));
  BITTENSOR_ASSIGN_OR_RETURN(expert->tokenizer_,
                             open_bert_tokenizer(modules.folder, folder.config));
  expert->model_ = std::move(folder.model);
  expert->device_ = device;
  expert->reading_ = std::move(folder.config);
  BertConfig& config = expert->reading_;
  BITTENSOR_ASSIGN_OR_RETURN(const std::int64_t features, modules.width(path, config.hidden_size));
  expert->schema_ = {Modality::kText, at::kFloat, {}};
  expert->schema_.network_dim = std::max({kDefaultNetworkDim, config.hidden_size, features});
  if (classifies) {
    std::vector<std::string> labels;
    for (std::int64_t i = 0; i < config.num_labels; ++i) labels.push_back(config.label(i));
    expert->schema_.task = {task_of_labels(labels), config.num_labels};
  }
  for (const auto limit :
       {expert->tokenizer_->options().model_max_length.value_or(0), modules.max_seq_length}) {
    if (limit == 0 || limit >= static_cast<std::size_t>(config.max_position_embeddings)) continue;
    config.max_position_embeddings = static_cast<std::int64_t>(limit);
  }
  expert->eval();
  return expert;
}

std::shared_ptr<Synapse> BertExpert::fresh() const {
  const std::shared_ptr<BertExpert> other(new BertExpert());
  other->model_ = model_;
  other->tokenizer_ = tokenizer_;
  other->modules_ = modules_;
  other->schema_ = schema_;
  other->device_ = device_;
  other->reading_ = reading_;
  return other;
}

torch::Tensor BertExpert::whole(const BertOutput& output, const BertInput& input) {
  return schema_.task.defined() ? output.pooled
                                : modules_.apply(output.hidden, input.attention_mask);
}

torch::Tensor BertExpert::forward_text(const std::vector<std::string>& inputs) {
  const torch::NoGradGuard no_grad;
  std::vector<BertEncoding> encodings;
  std::int64_t positions = 1;
  for (const std::string& text : inputs) {
    BertEncoding encoding = encode_text(*tokenizer_, text, reading_);
    for (std::int64_t& type : encoding.type_ids) {
      type = std::min(type, reading_.type_vocab_size - 1);
    }
    positions = std::max(positions, answer_length(encoding));
    encodings.push_back(std::move(encoding));
  }
  torch::Tensor answers =
      torch::zeros({static_cast<std::int64_t>(inputs.size()), positions, schema_.network_dim},
                   torch::TensorOptions(torch::kFloat).device(device_));
  for (const auto& rows : batches_of_tokens(encodings, kTokensOfExpert)) {
    const auto together = padded(encodings, rows, tokenizer_->pad_id());
    std::int64_t words = 1;
    for (const BertEncoding& encoding : together) {
      words = std::max(words, answer_length(encoding));
    }
    const BertInput input = make_bert_input(together, device_);
    const BertOutput output = model_->bert().forward(input);
    const torch::Tensor places = index_of(rows).to(device_);
    const torch::Tensor states = states_of_words(output.hidden, together, words).states.slice(1, 1);
    answers.narrow(1, 1, words - 1).narrow(2, 0, states.size(2)).index_copy_(0, places, states);
    const torch::Tensor texts = whole(output, input);
    answers.select(1, 0).narrow(1, 0, texts.size(1)).index_copy_(0, places, texts);
  }
  return answers;
}

torch::Tensor BertExpert::predict(const torch::Tensor& outputs) {
  if (!schema_.task.defined()) return {};
  const torch::NoGradGuard no_grad;
  const torch::Tensor pooled = outputs.dim() == 3 ? outputs.select(1, 0) : outputs;
  return dynamic_cast<BertForSequenceClassification&>(*model_).classify(
      pooled.narrow(1, 0, model_->config().hidden_size).to(device_));
}

}  // namespace bittensor
