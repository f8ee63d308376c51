// SPDX-License-Identifier: MIT
#include "synapses/bert/model.h"

#include <algorithm>

#include "torch/types.h"

namespace bittensor {
namespace {

// What is added to the scores [batch, heads, from, to]: 0 where `mask` is 1, about the lowest
// number of `dtype` where it is 0. Not minus infinity: a text that is all padding would become NaN.
torch::Tensor additive(const torch::Tensor& mask, at::ScalarType dtype) {
  if (!mask.defined()) return {};
  const double lowest = dtype == at::kHalf ? -65504.0 : -3e38;
  return torch::zeros(mask.sizes(), torch::TensorOptions(dtype).device(mask.device()))
      .masked_fill_(mask == 0, lowest);
}

// [batch, 1, 1 or from, to]; undefined if everything may be seen.
torch::Tensor broadcast_mask(const torch::Tensor& mask) {
  if (!mask.defined()) return {};
  TORCH_CHECK(mask.dim() == 2 || mask.dim() == 3,
              "BERT takes masks [batch, sequence] or [batch, sequence, sequence], not ",
              mask.sizes());
  return mask.dim() == 2 ? mask.unsqueeze(1).unsqueeze(1) : mask.unsqueeze(1);
}

// The same, where each of `sequence` positions sees only those up to itself, after `past` others.
torch::Tensor causal_mask(const torch::Tensor& mask, std::int64_t sequence, std::int64_t past,
                          const torch::Device& device) {
  if (sequence == 1) return mask;  // the last one sees all
  const auto options = torch::TensorOptions(torch::kBool).device(device);
  const torch::Tensor before = torch::ones({sequence, past + sequence}, options).tril(past);
  return mask.defined() ? (mask != 0).logical_and(before) : before.unsqueeze(0).unsqueeze(0);
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

BertOutput BertModel::forward(const BertInput& input, const BertExtras& extras) {
  const std::int64_t past = extras.past == nullptr ? 0 : extras.past->positions();
  const torch::Tensor embedded = embeddings_->forward(input.ids, input.type_ids, past);
  torch::Tensor mask = broadcast_mask(input.attention_mask);
  const bool each_its_own = mask.defined() && input.attention_mask.dim() == 3;
  if (config_.is_decoder && !each_its_own) {
    mask = causal_mask(mask, input.ids.size(1), past, input.ids.device());
  }
  const at::ScalarType dtype = embedded.scalar_type();
  BertOutput output =
      encoder_->forward(embedded, additive(mask, dtype),
                        additive(broadcast_mask(extras.encoder_mask), dtype), extras);
  if (pooler_) output.pooled = pool(output.hidden);
  return output;
}

torch::Tensor BertModel::pool(const torch::Tensor& hidden) {
  return torch::tanh(pooler_->forward(hidden.select(1, 0)));
}

}  // namespace bittensor
