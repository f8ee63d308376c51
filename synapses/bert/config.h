// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The shape of a BERT, with the names and defaults of Hugging Face's config.json (those of
// bert-base-uncased; Devlin et al. 2018, arXiv:1810.04805).
struct BertConfig {
  std::int64_t vocab_size = 30522;
  std::int64_t hidden_size = 768;  // a multiple of num_attention_heads
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::string hidden_act = "gelu";  // "gelu", "gelu_new" (by tanh) or "relu"
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 2;
  double initializer_range = 0.02;  // standard deviation of fresh parameters
  double layer_norm_eps = 1e-12;
  std::int64_t pad_token_id = 0;
  std::optional<double> classifier_dropout;  // as hidden_dropout_prob if unset
  std::int64_t num_labels = 2;               // read and written as id2label

  // kInvalidArgument, naming the field, for a config no model can have.
  absl::Status check() const;

  // Reads the content of a config.json. Fields that are not ours are ignored, except those that
  // ask for another model (model_type, position_embedding_type, is_decoder). kInvalidArgument,
  // naming the field.
  static absl::StatusOr<BertConfig> parse(absl::string_view json);
  // The same from a file. kNotFound if it cannot be opened.
  static absl::StatusOr<BertConfig> load(const std::string& path);

  std::string to_json() const;
};

}  // namespace bittensor
