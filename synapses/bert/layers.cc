// SPDX-License-Identifier: MIT
#include "synapses/bert/layers.h"

#include <cmath>
#include <utility>

#include "torch/nn/modules/normalization.h"
#include "torch/types.h"
#include "torch/utils.h"
#include "torch/version.h"

namespace bittensor {
namespace {

// Aligned, since mold 1.10 may put a byte of this kind at the end of a page of its own, and then
// the program does not start.
alignas(64) thread_local bool uninitialized = false;

torch::nn::LayerNorm make_norm(const BertConfig& config) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

torch::Tensor fresh_weight(torch::IntArrayRef shape, double stddev) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor weight = torch::empty(shape);
  return uninitialized ? weight : weight.normal_(0, stddev);
}

}  // namespace

BertUninitialized::BertUninitialized() : before_(std::exchange(uninitialized, true)) {}
BertUninitialized::~BertUninitialized() {
  uninitialized = before_;
}

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

BertEmbeddings::BertEmbeddings(const BertConfig& config)
    : max_positions_(config.max_position_embeddings),
      absolute_(config.position_embedding_type == "absolute"),
      dropout_(config.hidden_dropout_prob) {
  const double stddev = config.initializer_range;
  const std::int64_t size = config.hidden_size;
  words_ = register_module(
      "word_embeddings",
      std::make_shared<BertEmbedding>(config.vocab_size, size, stddev, config.pad_token_id));
  // Files have these of a model with relative positions, too, which does not look at them.
  positions_ = register_module("position_embeddings",
                               std::make_shared<BertEmbedding>(max_positions_, size, stddev));
  types_ = register_module("token_type_embeddings",
                           std::make_shared<BertEmbedding>(config.type_vocab_size, size, stddev));
  norm_ = register_module("LayerNorm", make_norm(config));
}

torch::Tensor BertEmbeddings::forward(const torch::Tensor& ids, const torch::Tensor& type_ids,
                                      std::int64_t past) {
  TORCH_CHECK(ids.dim() == 2, "BERT takes ids [batch, sequence], not ", ids.sizes());
  const std::int64_t sequence = ids.size(1);
  TORCH_CHECK(past + sequence <= max_positions_, "BERT takes at most ", max_positions_,
              " tokens a text, not ", past + sequence);
  torch::Tensor hidden = words_->forward(ids);
  if (absolute_) hidden.add_(positions_->weight.narrow(0, past, sequence));
  hidden.add_(type_ids.defined() ? types_->forward(type_ids) : types_->weight[0]);
  return torch::dropout(norm_->forward(hidden), dropout_, is_training());
}

BertSelfAttention::BertSelfAttention(const BertConfig& config,
                                     const std::string& position_embedding_type)
    : heads_(config.num_attention_heads),
      max_positions_(config.max_position_embeddings),
      dropout_(config.attention_probs_dropout_prob),
      keys_have_distances_(position_embedding_type == "relative_key_query") {
  const auto projection = [&](const char* name) {
    return register_module(name,
                           std::make_shared<BertLinear>(config.hidden_size, config.hidden_size,
                                                        config.initializer_range));
  };
  query_ = projection("query");
  key_ = projection("key");
  value_ = projection("value");
  if (position_embedding_type == "absolute") return;
  distances_ = register_module(
      "distance_embedding",
      std::make_shared<BertEmbedding>(2 * max_positions_ - 1, config.hidden_size / heads_,
                                      config.initializer_range));
}

torch::Tensor BertSelfAttention::by_head(const torch::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, -1}).transpose(1, 2);
}

torch::Tensor BertSelfAttention::of_distances(const torch::Tensor& query, const torch::Tensor& key,
                                              const torch::Tensor& positions) const {
  const std::int64_t sequence = key.size(2);
  const torch::Tensor keys = torch::arange(sequence, positions.options());
  // From -(sequence - 1), of the first that asks for the last, to its opposite: [.., asked, seq].
  const torch::Tensor distance = positions.unsqueeze(2) - keys + (sequence - 1);
  const torch::Tensor embeddings = distances_->weight.narrow(
      0, max_positions_ - sequence, 2 * sequence - 1);  // [2 sequence - 1, size]
  const std::vector<std::int64_t> shape{query.size(0), heads_, query.size(2), sequence};
  torch::Tensor scores = torch::matmul(query, embeddings.t())  // [.., asked, 2 sequence - 1]
                             .gather(3, distance.unsqueeze(1).expand(shape));
  if (!keys_have_distances_) return scores;
  const torch::Tensor of_keys = torch::matmul(embeddings, key.transpose(2, 3));  // [.., 2 s - 1, s]
  return scores + of_keys.gather(2, distance.unsqueeze(1).expand(shape));
}

torch::Tensor BertSelfAttention::attend(const torch::Tensor& query, const torch::Tensor& key,
                                        const torch::Tensor& value,
                                        const BertAttending& attending) const {
  // Scaling the queries is sequence / (hidden / heads) times less work than the scores.
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  torch::Tensor scores = torch::matmul(query * scale, key.transpose(-2, -1));
  if (distances_) {
    scores.add_(of_distances(query, key, attending.positions), scale);
  }
  if (attending.mask.defined()) scores.add_(attending.mask);
  if (scores.scalar_type() == at::kBFloat16) scores = scores.to(at::kFloat);  // mixed precision
  if (torch::GradMode::is_enabled()) {
    scores = torch::dropout(torch::softmax(scores, -1), dropout_, is_training());
  } else {
    torch::softmax_out(scores, scores, -1);  // each row is read before it is written
    torch::dropout_(scores, dropout_, is_training());
  }
  if (attending.head_mask.defined()) scores = scores * attending.head_mask.view({-1, 1, 1});
  if (attending.probabilities != nullptr) *attending.probabilities = scores;
  return torch::matmul(scores.to(value.scalar_type()), value);
}

torch::Tensor BertSelfAttention::forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                                         const BertAttending& attending) {
  const torch::Tensor query = by_head(query_->forward(asking));
  BertKeys seen;
  if (hidden.defined()) seen = {by_head(key_->forward(hidden)), by_head(value_->forward(hidden))};
  if (attending.past != nullptr) {
    seen = hidden.defined() ? BertKeys{torch::cat({attending.past->keys, seen.keys}, 2),
                                       torch::cat({attending.past->values, seen.values}, 2)}
                            : *attending.past;
  }
  if (attending.keys != nullptr) *attending.keys = seen;
  torch::Tensor found;
#if TORCH_VERSION_MAJOR >= 2  // before, libtorch has none that is faster
  if (!distances_ && !attending.head_mask.defined() && attending.probabilities == nullptr) {
    const double dropout = is_training() ? dropout_ : 0;
    found = attending.mask.defined()
                ? at::scaled_dot_product_attention(query, seen.keys, seen.values, attending.mask,
                                                   dropout)
                : at::scaled_dot_product_attention(query, seen.keys, seen.values, {}, dropout);
  }
#endif
  if (!found.defined()) found = attend(query, seen.keys, seen.values, attending);
  return found.transpose(1, 2).reshape(asking.sizes());
}

BertResidual::BertResidual(std::int64_t in, const BertConfig& config)
    : dropout_(config.hidden_dropout_prob) {
  dense_ = register_module(
      "dense", std::make_shared<BertLinear>(in, config.hidden_size, config.initializer_range));
  norm_ = register_module("LayerNorm", make_norm(config));
}

torch::Tensor BertResidual::forward(const torch::Tensor& x, const torch::Tensor& residual) {
  torch::Tensor sum = torch::dropout(dense_->forward(x), dropout_, is_training());
  sum = sum.to(residual.scalar_type());  // In mixed precision the sum is not the rough one.
  return norm_->forward(sum.add_(residual));
}

BertAttention::BertAttention(const BertConfig& config, const std::string& position_embedding_type) {
  self_ =
      register_module("self", std::make_shared<BertSelfAttention>(config, position_embedding_type));
  output_ = register_module("output", std::make_shared<BertResidual>(config.hidden_size, config));
}

torch::Tensor BertAttention::forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                                     const BertAttending& attending) {
  return output_->forward(self_->forward(asking, hidden, attending), asking);
}

BertLayer::BertLayer(const BertConfig& config)
    : activation_(find_bert_activation(config.hidden_act)) {
  TORCH_CHECK(activation_ != nullptr, "BERT has no activation ", config.hidden_act);
  attention_ = register_module(
      "attention", std::make_shared<BertAttention>(config, config.position_embedding_type));
  if (config.add_cross_attention) {
    cross_attention_ =
        register_module("crossattention", std::make_shared<BertAttention>(config, "absolute"));
  }
  const auto intermediate = register_module("intermediate", std::make_shared<BertGroup>());
  intermediate_ = intermediate->add(
      "dense", std::make_shared<BertLinear>(config.hidden_size, config.intermediate_size,
                                            config.initializer_range));
  output_ =
      register_module("output", std::make_shared<BertResidual>(config.intermediate_size, config));
}

torch::Tensor BertLayer::forward(const torch::Tensor& asking, const torch::Tensor& hidden,
                                 const BertAttending& attending, const torch::Tensor& encoded,
                                 const BertAttending& cross_attending) {
  torch::Tensor attended = attention_->forward(asking, hidden, attending);
  if (cross_attention_ && (encoded.defined() || cross_attending.past != nullptr)) {
    attended = cross_attention_->forward(attended, encoded, cross_attending);
  }
  return output_->forward(activation_(intermediate_->forward(attended)), attended);
}

}  // namespace bittensor
