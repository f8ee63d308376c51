// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "synapses/bert/config.h"
#include "torch/nn/module.h"
#include "torch/nn/modules/normalization.h"

// The parts of a BERT, as torch modules whose parameters have Hugging Face's names. They throw
// c10::Error on inputs of other shapes. Not thread-safe.
namespace bittensor {

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

// "gelu", "gelu_new" or "relu" of `x`, in its place where no gradient needs it.
torch::Tensor bert_activation(const std::string& name, torch::Tensor x);

// Words, positions and types, added and normalized.
class BertEmbeddings : public torch::nn::Module {
 public:
  explicit BertEmbeddings(const BertConfig& config);
  // int64 [batch, sequence] both, `type_ids` may be undefined: [batch, sequence, hidden].
  torch::Tensor forward(const torch::Tensor& ids, const torch::Tensor& type_ids);

  const torch::Tensor& words() const { return words_->weight; }  // [vocabulary, hidden]

 private:
  std::int64_t max_positions_;
  double dropout_;
  std::shared_ptr<BertEmbedding> words_;
  std::shared_ptr<BertEmbedding> positions_;
  std::shared_ptr<BertEmbedding> types_;
  torch::nn::LayerNorm norm_{nullptr};
};

// softmax(Q K^T / sqrt(d) + mask) V of each head (Vaswani et al. 2017, arXiv:1706.03762).
class BertSelfAttention : public torch::nn::Module {
 public:
  explicit BertSelfAttention(const BertConfig& config);
  // What `asking` [batch, asked, hidden] finds in `hidden` [batch, sequence, hidden]:
  // [batch, asked, hidden]. `mask` is added to the scores [batch, heads, asked, sequence] and may
  // be undefined.
  torch::Tensor forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                        const torch::Tensor& mask);

 private:
  // [batch, sequence, hidden] -> [batch, heads, sequence, hidden / heads]
  torch::Tensor by_head(const torch::Tensor& x) const;

  std::int64_t heads_;
  double dropout_;
  std::shared_ptr<BertLinear> query_;
  std::shared_ptr<BertLinear> key_;
  std::shared_ptr<BertLinear> value_;
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

// Attention, then a network of two layers for each position; both with a residual, normalized
// after it.
class BertLayer : public torch::nn::Module {
 public:
  explicit BertLayer(const BertConfig& config);
  // The new states of `asking`, which are `hidden` or some of its positions.
  torch::Tensor forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                        const torch::Tensor& mask);

 private:
  std::string activation_;
  std::shared_ptr<BertSelfAttention> attention_;
  std::shared_ptr<BertResidual> attention_output_;
  std::shared_ptr<BertLinear> intermediate_;
  std::shared_ptr<BertResidual> output_;
};

// All layers, one after the other.
class BertEncoder : public torch::nn::Module {
 public:
  explicit BertEncoder(const BertConfig& config);
  // [batch, sequence, hidden], or only the positions `asked`, int64 [batch, asked]: then the last
  // layer computes no others.
  torch::Tensor forward(torch::Tensor hidden, const torch::Tensor& mask,
                        const torch::Tensor& asked = {});

 private:
  std::vector<std::shared_ptr<BertLayer>> layers_;
};

}  // namespace bittensor
