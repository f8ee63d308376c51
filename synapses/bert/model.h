// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "absl/types/span.h"
#include "synapses/bert/config.h"
#include "synapses/bert/encoder.h"
#include "text/encoding.h"
#include "torch/nn/module.h"

namespace bittensor {

// What a BERT reads, int64 [batch, sequence] each.
struct BertInput {
  torch::Tensor ids;
  torch::Tensor type_ids;  // undefined: all 0
  // 1: look there, 0: padding. Undefined: all 1. With a past also of its positions: [batch, past +
  // sequence]. Or [batch, sequence, past + sequence], a mask for each position.
  torch::Tensor attention_mask;
};

// A batch of `encodings`, which have one length (BertEncoding::pad), on `device`. Leaves
// undefined what says nothing: types that are all 0 and masks that are all 1.
BertInput make_bert_input(absl::Span<const BertEncoding> encodings,
                          const torch::Device& device = torch::kCPU);

// BERT without a head: embeddings, encoder and, unless told otherwise, pooler.
class BertModel : public torch::nn::Module {
 public:
  explicit BertModel(const BertConfig& config, bool with_pooler = true);

  BertOutput forward(const BertInput& input, const BertExtras& extras = {});

  // [batch, sequence, hidden] -> [batch, hidden]. Not without a pooler.
  torch::Tensor pool(const torch::Tensor& hidden);

  const BertConfig& config() const { return config_; }
  bool has_pooler() const { return pooler_ != nullptr; }
  const torch::Tensor& word_embeddings() const { return embeddings_->words(); }

 private:
  BertConfig config_;
  std::shared_ptr<BertEmbeddings> embeddings_;
  std::shared_ptr<BertEncoder> encoder_;
  std::shared_ptr<BertLinear> pooler_;  // null without
};

}  // namespace bittensor
