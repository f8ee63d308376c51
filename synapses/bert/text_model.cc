// SPDX-License-Identifier: MIT
#include "synapses/bert/text_model.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "synapses/bert/pretrained.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {

absl::StatusOr<TextModel> TextModel::open(const std::string& path, BertTask task,
                                          const torch::Device& device) {
  TextModel model;
  model.device_ = device;
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (is_file) BITTENSOR_RETURN_IF_ERROR(check_is_not_wrong(path));
  if (is_file && (task == BertTask::kMaskedWords || task == BertTask::kEmbedding)) {
    auto synapse = load_bert(path);
    if (!synapse.ok()) {
      return absl::Status(synapse.status().code(),
                          absl::StrCat(synapse.status().message(),
                                       "; a BERT of transformers is a folder, with config.json"));
    }
    model.synapse_ = *std::move(synapse);
    model.synapse_->to(device);
    model.config_ = model.synapse_->config();
    model.tokenizer_ = {model.synapse_, &model.synapse_->tokenizer()};
    return model;
  }
  BertFolderOptions options;
  options.device = device;
  BITTENSOR_ASSIGN_OR_RETURN(BertFolder folder, open_bert(path, task, options));
  BITTENSOR_ASSIGN_OR_RETURN(model.tokenizer_, open_bert_tokenizer(path, folder.config));
  model.folder_ = std::move(folder.model);
  model.config_ = std::move(folder.config);
  return model;
}

std::size_t TextModel::max_tokens() const {
  const auto positions = static_cast<std::size_t>(config_.max_position_embeddings);
  return std::min(positions, tokenizer_->options().model_max_length.value_or(positions));
}

BertEncoding TextModel::encode(absl::string_view text, std::size_t max_tokens) const {
  if (!synapse_) {
    BertTokenizer::EncodeOptions options;
    options.max_length = max_tokens;
    return tokenizer_->encode(text, options);
  }
  BertConfig shorter = config_;
  shorter.max_position_embeddings = static_cast<std::int64_t>(max_tokens);
  return encode_text(*tokenizer_, text, shorter);
}

torch::Tensor TextModel::hidden(const BertInput& input) {
  const torch::NoGradGuard no_grad;
  return synapse_ ? synapse_->encode(input) : folder_->bert().forward(input).hidden;
}

torch::Tensor TextModel::logits(const BertInput& input) {
  const torch::NoGradGuard no_grad;
  return folder_->forward(input).logits;
}

torch::Tensor TextModel::word_logits(const BertInput& input, const torch::Tensor& positions) {
  const torch::NoGradGuard no_grad;
  if (synapse_) return synapse_->word_logits(synapse_->encode(input).index({positions}));
  const torch::Tensor labels = torch::full_like(input.ids, kBertIgnored).masked_fill(positions, 0);
  return folder_->forward(input, labels).logits;
}

UnreadText unread(const BertEncoding& encoding, absl::string_view text, std::size_t max_tokens) {
  UnreadText result;
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (encoding.special_tokens_mask[t] != 0) continue;
    ++result.tokens_read;
    result.bytes_read = std::max(result.bytes_read, encoding.offsets[t].end);
  }
  const absl::string_view rest = text.substr(result.bytes_read);
  if (encoding.size() >= max_tokens && !absl::StripAsciiWhitespace(rest).empty()) {
    result.text = rest;
  }
  return result;
}

}  // namespace bittensor
