// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "synapses/bert/activation.h"
#include "synapses/bert/config.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/normalization.h"

// The parts of a BERT, as torch modules whose parameters have Hugging Face's names. They throw
// c10::Error on inputs of other shapes. Not thread-safe.
namespace bittensor {

// While one lives, matrices of the modules that this thread makes hold anything: for those whose
// parameters are read from a file next. To draw them takes longer than to read them.
class BertUninitialized {
 public:
  BertUninitialized();
  ~BertUninitialized();
  BertUninitialized(const BertUninitialized&) = delete;
  BertUninitialized& operator=(const BertUninitialized&) = delete;

 private:
  const bool before_;
};

// A module that only gives its parts the names that they have in Hugging Face's models.
class BertGroup : public torch::nn::Module {
 public:
  template <typename Part>
  std::shared_ptr<Part> add(const std::string& name, std::shared_ptr<Part> part) {
    return register_module(name, std::move(part));
  }
};

// x W^T + b; W fresh from normal(0, stddev), b zero.
class BertLinear : public torch::nn::Module {
 public:
  BertLinear(std::int64_t in, std::int64_t out, double stddev);
  torch::Tensor forward(const torch::Tensor& x) const;  // [..., in] -> [..., out]

  torch::Tensor weight;  // [out, in]
  torch::Tensor bias;    // [out]
};

// A vector for each of `rows` ids, fresh from normal(0, stddev). The one of `padding_id`, if
// there is one, is zero and has no gradient.
class BertEmbedding : public torch::nn::Module {
 public:
  BertEmbedding(std::int64_t rows, std::int64_t size, double stddev, std::int64_t padding_id = -1);
  torch::Tensor forward(const torch::Tensor& ids) const;  // [...] -> [..., size]

  torch::Tensor weight;  // [rows, size]

 private:
  std::int64_t padding_id_;
};

// Words, positions (unless they are relative) and types, added and normalized.
class BertEmbeddings : public torch::nn::Module {
 public:
  explicit BertEmbeddings(const BertConfig& config);
  // int64 [batch, sequence] both, `type_ids` may be undefined: [batch, sequence, hidden]. `past`:
  // the position of the first token.
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& type_ids,
                        std::int64_t past = 0);

  const torch::Tensor& words() const { return words_->weight; }  // [vocabulary, hidden]

 private:
  std::int64_t max_positions_;
  bool absolute_;
  double dropout_;
  std::shared_ptr<BertEmbedding> words_;
  std::shared_ptr<BertEmbedding> positions_;
  std::shared_ptr<BertEmbedding> types_;
  torch::nn::LayerNorm norm_{nullptr};
};

// What one attention remembers of the positions before: [batch, heads, sequence, hidden / heads].
struct BertKeys {
  torch::Tensor keys;
  torch::Tensor values;
};

// What attention is told beside the states, and what it tells. All may be undefined or null.
struct BertAttending {
  torch::Tensor mask;       // added to the scores, broadcast to [batch, heads, asked, sequence]
  torch::Tensor positions;  // int64 [batch or 1, asked], of those that ask; undefined: 0, 1, ...
  torch::Tensor head_mask;  // [heads]: by what each head's attention is multiplied
  const BertKeys* past = nullptr;          // before those of `hidden`
  BertKeys* keys = nullptr;                // receives those of all positions
  torch::Tensor* probabilities = nullptr;  // receives [batch, heads, asked, sequence]
};

// softmax(Q K^T / sqrt(d) + mask) V of each head (Vaswani et al. 2017, arXiv:1706.03762), where
// positions are relative with Q and K times the embedding of each distance added to Q K^T.
class BertSelfAttention : public torch::nn::Module {
 public:
  BertSelfAttention(const BertConfig& config, const std::string& position_embedding_type);
  // What `asking` [batch, asked, hidden] finds in `hidden` [batch, sequence, hidden], and in the
  // past: [batch, asked, hidden]. With a past an undefined `hidden` adds nothing to it.
  torch::Tensor forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                        const BertAttending& attending);

 private:
  // [batch, sequence, hidden] -> [batch, heads, sequence, hidden / heads]
  torch::Tensor by_head(const torch::Tensor& x) const;
  // What distances add to the scores, [batch, heads, asked, sequence].
  torch::Tensor of_distances(const torch::Tensor& query, const torch::Tensor& key,
                             const torch::Tensor& positions) const;
  torch::Tensor attend(const torch::Tensor& query, const torch::Tensor& key,
                       const torch::Tensor& value, const BertAttending& attending) const;

  std::int64_t heads_;
  std::int64_t max_positions_;
  double dropout_;
  bool keys_have_distances_;
  std::shared_ptr<BertLinear> query_;
  std::shared_ptr<BertLinear> key_;
  std::shared_ptr<BertLinear> value_;
  std::shared_ptr<BertEmbedding> distances_;  // null if positions are absolute
};

// norm(dropout(x W^T + b) + residual)
class BertResidual : public torch::nn::Module {
 public:
  BertResidual(std::int64_t in, const BertConfig& config);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual);

 private:
  double dropout_;
  std::shared_ptr<BertLinear> dense_;
  torch::nn::LayerNorm norm_{nullptr};
};

// Attention with its residual.
class BertAttention : public torch::nn::Module {
 public:
  BertAttention(const BertConfig& config, const std::string& position_embedding_type);
  torch::Tensor forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                        const BertAttending& attending);

 private:
  std::shared_ptr<BertSelfAttention> self_;
  std::shared_ptr<BertResidual> output_;
};

// Attention, in a decoder also to an encoder's states, then a network of two layers for each
// position; each with a residual, normalized after it.
class BertLayer : public torch::nn::Module {
 public:
  explicit BertLayer(const BertConfig& config);
  // The new states of `asking`, which are `hidden` or some of its positions. `encoded` [batch,
  // source, hidden]: the encoder's states, undefined without.
  torch::Tensor forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                        const BertAttending& attending, const torch::Tensor& encoded,
                        const BertAttending& cross_attending);

 private:
  BertActivation activation_;
  std::shared_ptr<BertAttention> attention_;
  std::shared_ptr<BertAttention> cross_attention_;  // null without
  std::shared_ptr<BertLinear> intermediate_;
  std::shared_ptr<BertResidual> output_;
};

}  // namespace bittensor
