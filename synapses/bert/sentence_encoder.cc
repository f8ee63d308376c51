// SPDX-License-Identifier: MIT
#include "synapses/bert/sentence_encoder.h"

#include <algorithm>
#include <utility>

#include "synapses/bert/length_batches.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {

absl::StatusOr<SentenceEncoder> SentenceEncoder::open(const std::string& path,
                                                      const Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(SentenceModules modules, read_sentence_modules(path));
  BITTENSOR_ASSIGN_OR_RETURN(TextModel model,
                             TextModel::open(modules.folder, BertTask::kEmbedding, options.device));
  if (options.pooling) modules.pooling = {*options.pooling};
  BITTENSOR_RETURN_IF_ERROR(modules.width(path, model.config().hidden_size).status());
  return SentenceEncoder(std::move(model), std::move(modules), options);
}

std::size_t SentenceEncoder::max_tokens() const {
  const std::size_t most = model_.max_tokens();
  return modules_.max_seq_length == 0 ? most : std::min(most, modules_.max_seq_length);
}

BertEncoding SentenceEncoder::tokens_of(const std::string& text) {
  const std::string whole = modules_.prompt + text;
  const std::size_t room = max_tokens();
  BertEncoding encoding = model_.encode(whole, room);
  if (!unread(encoding, whole, room).text.empty()) ++cut_;
  return encoding;
}

torch::Tensor SentenceEncoder::encode(absl::Span<const std::string> texts) {
  const torch::NoGradGuard no_grad;
  std::vector<BertEncoding> encodings;
  encodings.reserve(texts.size());
  for (const std::string& text : texts) encodings.push_back(tokens_of(text));
  std::vector<torch::Tensor> features;
  std::vector<std::int64_t> rows;
  for (const auto& batch : batches_by_length(encodings, options_.batch)) {
    const BertInput input =
        make_padded_input(encodings, batch, model_.tokenizer().pad_id(), model_.device());
    features.push_back(modules_.apply(model_.hidden(input), input.attention_mask)
                           .to(torch::TensorOptions(torch::kCPU).dtype(torch::kFloat)));
    rows.insert(rows.end(), batch.begin(), batch.end());
  }
  if (features.empty()) return torch::empty({0, 0});
  const torch::Tensor sorted = torch::cat(features);
  return torch::empty_like(sorted).index_copy_(0, torch::tensor(rows), sorted);
}

}  // namespace bittensor
