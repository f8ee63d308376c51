// SPDX-License-Identifier: MIT
#include "synapses/bert/bert_synapse.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "synapses/bert/first_parameters.h"
#include "synapses/bert/length_batches.h"
#include "synapses/bert/shared_tokens.h"
#include "synapses/bert/word_states.h"
#include "text/tokenizer_files.h"
#include "text/tokenizer_json.h"
#include "torch/types.h"

namespace bittensor {
namespace {

// How many tokens go through the encoder at once when others ask: bounds the memory of a request.
constexpr std::size_t kTokensAtOnce = 8192;

BertSynapse::Options fitting(BertSynapse::Options options, const BertTokenizer& tokenizer) {
  options.config.vocab_size = static_cast<std::int64_t>(tokenizer.vocabulary().size());
  options.config.pad_token_id = tokenizer.pad_id();
  return options;
}

// The numbers, among all asked positions of the batch, of those that are not there to fill a row:
// the first of each row, then the hidden tokens. [m]
torch::Tensor asked_rows(const torch::Tensor& word_labels) {
  const std::int64_t batch = word_labels.size(0);
  const auto first = torch::arange(batch, word_labels.options()) * word_labels.size(1);
  const auto hidden = word_labels.reshape(-1).ne(kBertIgnored).nonzero().squeeze(1);
  return torch::cat({first, hidden});
}

// The labels of the hidden tokens, [m - batch].
torch::Tensor asked_labels(const torch::Tensor& word_labels) {
  return word_labels.masked_select(word_labels.ne(kBertIgnored));
}

torch::Tensor mean_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::Sum) /
         std::max<std::int64_t>(labels.size(0), 1);
}

}  // namespace

BertBatch BertBatch::to(const torch::Device& device) const {
  const auto moved = [&](const torch::Tensor& tensor) {
    return tensor.defined() ? tensor.to(device) : tensor;
  };
  return {{moved(input.ids), moved(input.type_ids), moved(input.attention_mask)},
          moved(asked),
          moved(word_labels),
          moved(answer_positions),
          moved(next_labels),
          texts,
          plain};
}

BertSynapse::BertSynapse(const Options& options, std::shared_ptr<const BertTokenizer> tokenizer)
    : StudentSynapse(options.network_dim, options.student, options.joint),
      options_(fitting(options, *tokenizer)),
      tokenizer_(std::move(tokenizer)) {
  const BertConfig& config = options_.config;
  pretraining_ = register_module("pretraining", std::make_shared<BertForPreTraining>(config));
  // Of unit size beside a LayerNorm's output: 0.02, for a small model, would say next to nothing.
  const double stddev = 0.5 / std::sqrt(static_cast<double>(config.hidden_size));
  features_ = register_module(
      "features", std::make_shared<BertLinear>(config.hidden_size, options_.network_dim, stddev));
  back_ = register_module(
      "back", std::make_shared<BertLinear>(options_.network_dim, config.hidden_size, 0));
  network_back_ = register_module(
      "network_back",
      std::make_shared<BertLinear>(options_.network_dim, config.hidden_size,
                                   1 / std::sqrt(static_cast<double>(options_.network_dim))));
}

void BertSynapse::prepare(const torch::Tensor& counts) {
  expect_as_counted(*pretraining_, counts);
  look_at_neighbours(*pretraining_, options_.config);
}

torch::Tensor BertSynapse::encode(const BertInput& input, const torch::Tensor& asked) {
  BertExtras extras;
  extras.asked = asked;
  return pretraining_->bert().forward(input, extras).hidden;
}

torch::Tensor BertSynapse::context(const torch::Tensor& hidden) {
  return features_->forward(hidden.select(1, 0));
}

torch::Tensor BertSynapse::output_for(const torch::Tensor& hidden) {
  const torch::Tensor context = features_->forward(hidden);
  return output_of(context + student_of(context), context);
}

BertSynapse::LocalPass BertSynapse::forward_local(const torch::Tensor& hidden,
                                                  const BertBatch& batch) {
  const std::int64_t size = hidden.size(0);
  const torch::Tensor asked =
      hidden.flatten(0, 1).index_select(0, asked_rows(batch.word_labels));  // [m, hidden]
  const torch::Tensor context = features_->forward(asked);                  // [m, network_dim]
  LocalPass local;
  local.student = student_of(context);
  SynapseOutput& output = local.output;
  output.local_output = output_of(context + local.student, context);
  const torch::Tensor seen = asked + back_->forward(output.local_output);  // [m, hidden]
  local.next = pretraining_->next_logits(seen.narrow(0, 0, size));
  output.local_target = pretraining_->word_logits(seen.slice(0, size));
  local.word_loss = mean_loss(output.local_target, asked_labels(batch.word_labels));
  output.local_target_loss = local.word_loss + mean_loss(local.next, batch.next_labels);
  output.loss = output.local_target_loss;
  return local;
}

BertSynapse::Step BertSynapse::forward_network(LocalPass local, const BertBatch& batch,
                                               const torch::Tensor& network_context) {
  const std::int64_t size = batch.word_labels.size(0);
  TORCH_CHECK(network_context.dim() == 3 && network_context.size(0) == size &&
                  network_context.size(2) == options_.network_dim,
              "network context of ", network_context.sizes(), " for ", size, " texts");
  const std::int64_t positions = network_context.size(1);
  const torch::Tensor rows = asked_rows(batch.word_labels);  // [m]
  const torch::Tensor row = rows.div(batch.asked.size(1), "floor");
  const torch::Tensor position = batch.answer_positions.reshape(-1).index_select(0, rows);
  // One too short would have words read from the next text's answer.
  const auto last = position.numel() == 0 ? -1 : position.max().item<std::int64_t>();
  TORCH_CHECK(last < positions, "network context of ", positions,
              " positions, and a word at position ", last);
  const torch::Tensor bounded = network_context.flatten(0, 1)
                                    .index_select(0, row * positions + position)
                                    .clamp(-1, 1);  // [m, network_dim]
  Step step;
  SynapseOutput& output = step.output = std::move(local.output);
  output.network_output = output_of(bounded, bounded);
  const torch::Tensor seen = network_back_->forward(output.network_output);  // [m, hidden]
  step.next = pretraining_->next_logits(seen.narrow(0, 0, size));
  output.network_target = pretraining_->word_logits(seen.slice(0, size));
  step.word_loss = mean_loss(output.network_target, asked_labels(batch.word_labels));
  output.network_target_loss = step.word_loss + mean_loss(step.next, batch.next_labels);
  output.distillation_loss = torch::mse_loss(local.student, bounded.detach());
  output.loss = output.local_target_loss + output.network_target_loss + output.distillation_loss;
  return step;
}

torch::Tensor BertSynapse::word_logits(const torch::Tensor& hidden) {
  return pretraining_->word_logits(hidden + back_->forward(output_for(hidden)));
}

Schema BertSynapse::schema() const {
  return {Modality::kText, at::kFloat, {}, options_.network_dim};
}

std::shared_ptr<Synapse> BertSynapse::fresh() const {
  return std::make_shared<BertSynapse>(options_, tokenizer_);
}

torch::Tensor BertSynapse::forward_text(const std::vector<std::string>& inputs) {
  std::vector<BertEncoding> encodings;
  std::int64_t positions = 1;
  for (const std::string& text : inputs) {
    encodings.push_back(encode_text(*tokenizer_, text, options_.config));
    positions = std::max(positions, answer_length(encodings.back()));
  }
  const torch::Tensor weight = features_->weight;
  torch::Tensor answers =
      torch::zeros({static_cast<std::int64_t>(inputs.size()), positions, options_.network_dim},
                   weight.options().requires_grad(false));
  for (const auto& rows : batches_of_tokens(encodings, kTokensAtOnce)) {
    const auto together = padded(encodings, rows, tokenizer_->pad_id());
    std::int64_t words = 1;
    for (const BertEncoding& encoding : together) {
      words = std::max(words, answer_length(encoding));
    }
    const WordStates of_words =
        states_of_words(encode(make_bert_input(together, weight.device())), together, words);
    answers.narrow(1, 0, words)
        .index_copy_(0, index_of(rows).to(weight.device()),
                     output_for(of_words.states) * of_words.known);
  }
  return answers;
}

BertEncoding encode_text(const BertTokenizer& tokenizer, absl::string_view text,
                         const BertConfig& config) {
  BertTokenizer::EncodeOptions options;
  options.max_length = static_cast<std::size_t>(config.max_position_embeddings);
  BertEncoding encoding = tokenizer.encode(text, options);
  const auto first = std::find(encoding.ids.begin(), encoding.ids.end(), tokenizer.sep_id());
  const auto behind = std::distance(encoding.ids.begin(), first) + 1;
  for (auto t = static_cast<std::size_t>(behind); t < encoding.size(); ++t) {
    encoding.type_ids[t] = 1;
  }
  if (marks_shared_tokens(config)) mark_shared_tokens(encoding, tokenizer);
  return encoding;
}

std::map<std::string, std::string> model_description(const BertSynapse& synapse) {
  const BertSynapse::Options& options = synapse.options();
  return {{"bert_config", options.config.to_json()},
          {"tokenizer", tokenizer_json(synapse.tokenizer())},
          {"tokenizer_config", tokenizer_config_json(synapse.tokenizer())},
          {"network_dim", absl::StrCat(options.network_dim)},
          {"student", absl::StrCat(options.student)},
          {"joint", absl::StrCat(options.joint)}};
}

}  // namespace bittensor
