// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "absl/types/span.h"
#include "synapses/bert/config.h"
#include "synapses/bert/layers.h"
#include "text/encoding.h"
#include "torch/nn/module.h"

namespace bittensor {

// What a BERT reads, int64 [batch, sequence] each.
struct BertInput {
  torch::Tensor ids;
  torch::Tensor type_ids;        // undefined: all 0
  torch::Tensor attention_mask;  // 1: look there, 0: padding. Undefined: all 1
};

// A batch of `encodings`, which have one length (BertEncoding::pad), on `device`. Leaves
// undefined what says nothing: types that are all 0 and masks that are all 1.
BertInput make_bert_input(absl::Span<const BertEncoding> encodings,
                          const torch::Device& device = torch::kCPU);

struct BertOutput {
  torch::Tensor hidden;  // [batch, sequence, hidden]: the last layer's
  torch::Tensor pooled;  // [batch, hidden]: tanh of a layer over the first token; undefined
                         // without pooler
};

// BERT without a head: embeddings, encoder and, unless told otherwise, pooler.
class BertModel : public torch::nn::Module {
 public:
  explicit BertModel(const BertConfig& config, bool with_pooler = true);

  // With `asked`, int64 [batch, asked], the hidden states of these positions only, of which the
  // first of each row must be 0 if there is a pooler.
  BertOutput forward(const BertInput& input, const torch::Tensor& asked = {});

  // [batch, sequence, hidden] -> [batch, hidden]. Not without a pooler.
  torch::Tensor pool(const torch::Tensor& hidden);

  const BertConfig& config() const { return config_; }
  const torch::Tensor& word_embeddings() const { return embeddings_->words(); }

 private:
  BertConfig config_;
  std::shared_ptr<BertEmbeddings> embeddings_;
  std::shared_ptr<BertEncoder> encoder_;
  std::shared_ptr<BertLinear> pooler_;  // null without
};

}  // namespace bittensor
