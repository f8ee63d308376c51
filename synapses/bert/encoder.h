// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "synapses/bert/layers.h"

namespace bittensor {

// What a decoder remembers of the positions before, so that the next token costs one position.
struct BertCache {
  std::vector<BertKeys> layers;
  std::vector<BertKeys> cross_layers;  // of the encoder's states; empty without
  std::int64_t positions() const;      // how many are remembered
};

// What a forward pass may take and give beside the usual.
struct BertExtras {
  // int64 [batch, asked]: the last layer computes these positions only, of which the first of each
  // row must be 0 if there is a pooler.
  torch::Tensor asked;
  torch::Tensor head_mask;          // [heads] or [layers, heads]: 1 keeps a head, 0 silences it
  torch::Tensor encoder_hidden;     // [batch, source, hidden], for a decoder's cross attention
  torch::Tensor encoder_mask;       // [batch, source]: 1: look there, 0: padding
  const BertCache* past = nullptr;  // the input continues what is remembered there
  bool keep_cache = false;
  bool keep_hidden_states = false;
  bool keep_attentions = false;
};

struct BertOutput {
  torch::Tensor hidden;  // [batch, sequence, hidden]: the last layer's
  torch::Tensor pooled;  // [batch, hidden]: tanh of a layer over the first token; undefined
                         // without pooler
  // What was asked to be kept; else empty. Of the embeddings and of each layer:
  std::vector<torch::Tensor> hidden_states;
  std::vector<torch::Tensor> attentions;        // [batch, heads, asked, sequence] of each layer
  std::vector<torch::Tensor> cross_attentions;  // [batch, heads, asked, source]
  BertCache cache;                              // with this input's positions
};

// All layers, one after the other. Not thread-safe.
class BertEncoder : public torch::nn::Module {
 public:
  explicit BertEncoder(const BertConfig& config);
  // From `hidden` [batch, sequence, hidden]; the masks are additive (BertAttending).
  BertOutput forward(torch::Tensor hidden, const torch::Tensor& mask,
                     const torch::Tensor& cross_mask, const BertExtras& extras);

 private:
  std::int64_t heads_;
  std::vector<std::shared_ptr<BertLayer>> layers_;
};

}  // namespace bittensor
