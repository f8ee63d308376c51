// SPDX-License-Identifier: MIT
#include "synapses/bert/model.h"

#include <algorithm>

#include "torch/torch.h"

namespace bittensor {
namespace {

// What is added to the scores [batch, heads, from, to]: 0 where `mask` is 1, about the lowest
// number of `dtype` where it is 0. Not minus infinity: a text that is all padding would become NaN.
torch::Tensor additive_mask(const torch::Tensor& mask, at::ScalarType dtype) {
  if (!mask.defined()) return {};
  TORCH_CHECK(mask.dim() == 2, "BERT takes masks [batch, sequence], not ", mask.sizes());
  const double lowest = dtype == at::kHalf ? -65504.0 : -3e38;
  return torch::zeros(mask.sizes(), torch::TensorOptions(dtype).device(mask.device()))
      .masked_fill_(mask == 0, lowest)
      .unsqueeze_(1)
      .unsqueeze_(1);
}

using Field = std::vector<std::int64_t> BertEncoding::*;

// [batch, sequence], or undefined if all are `usual`.
torch::Tensor stack(absl::Span<const BertEncoding> encodings, Field field, std::int64_t usual,
                    const torch::Device& device) {
  const auto sequence = static_cast<std::int64_t>(encodings.empty() ? 0 : encodings.front().size());
  torch::Tensor stacked =
      torch::empty({static_cast<std::int64_t>(encodings.size()), sequence}, torch::kLong);
  auto* row = stacked.data_ptr<std::int64_t>();
  bool all_usual = true;
  for (const BertEncoding& encoding : encodings) {
    const std::vector<std::int64_t>& values = encoding.*field;
    TORCH_CHECK(static_cast<std::int64_t>(values.size()) == sequence,
                "encodings of one batch must have one length");
    row = std::copy(values.begin(), values.end(), row);
    all_usual = all_usual && std::all_of(values.begin(), values.end(),
                                         [&](std::int64_t value) { return value == usual; });
  }
  return all_usual ? torch::Tensor() : stacked.to(device);
}

}  // namespace

BertInput make_bert_input(absl::Span<const BertEncoding> encodings, const torch::Device& device) {
  return {stack(encodings, &BertEncoding::ids, -1, device),
          stack(encodings, &BertEncoding::type_ids, 0, device),
          stack(encodings, &BertEncoding::attention_mask, 1, device)};
}

BertModel::BertModel(const BertConfig& config, bool with_pooler) : config_(config) {
  embeddings_ = register_module("embeddings", std::make_shared<BertEmbeddings>(config));
  encoder_ = register_module("encoder", std::make_shared<BertEncoder>(config));
  if (!with_pooler) return;
  const auto pooler = register_module("pooler", std::make_shared<BertGroup>());
  pooler_ =
      pooler->add("dense", std::make_shared<BertLinear>(config.hidden_size, config.hidden_size,
                                                        config.initializer_range));
}

BertOutput BertModel::forward(const BertInput& input, const torch::Tensor& asked) {
  const torch::Tensor embedded = embeddings_->forward(input.ids, input.type_ids);
  BertOutput output;
  output.hidden = encoder_->forward(
      embedded, additive_mask(input.attention_mask, embedded.scalar_type()), asked);
  if (pooler_) output.pooled = pool(output.hidden);
  return output;
}

torch::Tensor BertModel::pool(const torch::Tensor& hidden) {
  return torch::tanh(pooler_->forward(hidden.select(1, 0)));
}

}  // namespace bittensor
