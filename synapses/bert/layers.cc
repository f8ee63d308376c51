// SPDX-License-Identifier: MIT
#include "synapses/bert/layers.h"

#include <cmath>
#include <utility>

#include "torch/torch.h"

namespace bittensor {
namespace {

torch::nn::LayerNorm make_norm(const BertConfig& config) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

torch::Tensor fresh_weight(torch::IntArrayRef shape, double stddev) {
  const torch::NoGradGuard no_grad;
  return torch::empty(shape).normal_(0, stddev);
}

}  // namespace

BertLinear::BertLinear(std::int64_t in, std::int64_t out, double stddev)
    : weight(register_parameter("weight", fresh_weight({out, in}, stddev))),
      bias(register_parameter("bias", torch::zeros({out}))) {}

torch::Tensor BertLinear::forward(const torch::Tensor& x) const {
  return torch::linear(x, weight, bias);
}

BertEmbedding::BertEmbedding(std::int64_t rows, std::int64_t size, double stddev,
                             std::int64_t padding_id)
    : weight(register_parameter("weight", fresh_weight({rows, size}, stddev))),
      padding_id_(padding_id) {
  const torch::NoGradGuard no_grad;
  if (padding_id_ >= 0) weight[padding_id_].zero_();
}

torch::Tensor BertEmbedding::forward(const torch::Tensor& ids) const {
  return torch::embedding(weight, ids, padding_id_);
}

torch::Tensor bert_activation(const std::string& name, torch::Tensor x) {
  if (name == "relu") return torch::relu_(x);  // its gradient needs only the result
  const char* approximate = name == "gelu_new" ? "tanh" : "none";
  return torch::GradMode::is_enabled() ? torch::gelu(x, approximate) : torch::gelu_(x, approximate);
}

BertEmbeddings::BertEmbeddings(const BertConfig& config)
    : max_positions_(config.max_position_embeddings), dropout_(config.hidden_dropout_prob) {
  const double stddev = config.initializer_range;
  const std::int64_t size = config.hidden_size;
  words_ = register_module(
      "word_embeddings",
      std::make_shared<BertEmbedding>(config.vocab_size, size, stddev, config.pad_token_id));
  positions_ = register_module("position_embeddings",
                               std::make_shared<BertEmbedding>(max_positions_, size, stddev));
  types_ = register_module("token_type_embeddings",
                           std::make_shared<BertEmbedding>(config.type_vocab_size, size, stddev));
  norm_ = register_module("LayerNorm", make_norm(config));
}

torch::Tensor BertEmbeddings::forward(const torch::Tensor& ids, const torch::Tensor& type_ids) {
  TORCH_CHECK(ids.dim() == 2, "BERT takes ids [batch, sequence], not ", ids.sizes());
  const std::int64_t sequence = ids.size(1);
  TORCH_CHECK(sequence <= max_positions_, "BERT takes at most ", max_positions_,
              " tokens a text, not ", sequence);
  torch::Tensor hidden = words_->forward(ids);
  hidden.add_(positions_->weight.narrow(0, 0, sequence));
  hidden.add_(type_ids.defined() ? types_->forward(type_ids) : types_->weight[0]);
  return torch::dropout(norm_->forward(hidden), dropout_, is_training());
}

BertSelfAttention::BertSelfAttention(const BertConfig& config)
    : heads_(config.num_attention_heads), dropout_(config.attention_probs_dropout_prob) {
  const auto projection = [&](const char* name) {
    return register_module(name,
                           std::make_shared<BertLinear>(config.hidden_size, config.hidden_size,
                                                        config.initializer_range));
  };
  query_ = projection("query");
  key_ = projection("key");
  value_ = projection("value");
}

torch::Tensor BertSelfAttention::by_head(const torch::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, -1}).transpose(1, 2);
}

torch::Tensor BertSelfAttention::forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                                         const torch::Tensor& mask) {
  const torch::Tensor query = by_head(query_->forward(asking));
  const torch::Tensor key = by_head(key_->forward(hidden));
  const torch::Tensor value = by_head(value_->forward(hidden));
  // Scaling the queries is sequence / (hidden / heads) times less work than the scores.
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  torch::Tensor scores = torch::matmul(query * scale, key.transpose(-2, -1));
  if (mask.defined()) scores.add_(mask);
  if (torch::GradMode::is_enabled()) {
    scores = torch::dropout(torch::softmax(scores, -1), dropout_, is_training());
  } else {
    torch::softmax_out(scores, scores, -1);  // each row is read before it is written
    torch::dropout_(scores, dropout_, is_training());
  }
  return torch::matmul(scores, value).transpose(1, 2).reshape(asking.sizes());
}

BertResidual::BertResidual(std::int64_t in, const BertConfig& config)
    : dropout_(config.hidden_dropout_prob) {
  dense_ = register_module(
      "dense", std::make_shared<BertLinear>(in, config.hidden_size, config.initializer_range));
  norm_ = register_module("LayerNorm", make_norm(config));
}

torch::Tensor BertResidual::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  torch::Tensor sum = torch::dropout(dense_->forward(x), dropout_, is_training());
  return norm_->forward(sum.add_(residual));
}

BertLayer::BertLayer(const BertConfig& config) : activation_(config.hidden_act) {
  const auto attention = register_module("attention", std::make_shared<BertGroup>());
  attention_ = attention->add("self", std::make_shared<BertSelfAttention>(config));
  attention_output_ =
      attention->add("output", std::make_shared<BertResidual>(config.hidden_size, config));
  const auto intermediate = register_module("intermediate", std::make_shared<BertGroup>());
  intermediate_ = intermediate->add(
      "dense", std::make_shared<BertLinear>(config.hidden_size, config.intermediate_size,
                                            config.initializer_range));
  output_ =
      register_module("output", std::make_shared<BertResidual>(config.intermediate_size, config));
}

torch::Tensor BertLayer::forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                                 const torch::Tensor& mask) {
  const torch::Tensor attended =
      attention_output_->forward(attention_->forward(asking, hidden, mask), asking);
  return output_->forward(bert_activation(activation_, intermediate_->forward(attended)), attended);
}

BertEncoder::BertEncoder(const BertConfig& config) {
  const auto folder = register_module("layer", std::make_shared<BertGroup>());
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.push_back(folder->add(std::to_string(i), std::make_shared<BertLayer>(config)));
  }
}

torch::Tensor BertEncoder::forward(torch::Tensor hidden, const torch::Tensor& mask,
                                   const torch::Tensor& asked) {
  for (const auto& layer : layers_) {
    const bool last = layer == layers_.back();
    const torch::Tensor asking =
        last && asked.defined()
            ? hidden.gather(1, asked.unsqueeze(2).expand({-1, -1, hidden.size(2)}))
            : hidden;
    hidden = layer->forward(asking, hidden, mask);
  }
  return hidden;
}

}  // namespace bittensor
