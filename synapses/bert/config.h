// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// The shape of a BERT, with the names and defaults of Hugging Face's config.json (those of
// bert-base-uncased; Devlin et al. 2018, arXiv:1810.04805).
struct BertConfig {
  std::vector<std::string> architectures;  // the class that was saved: "BertForMaskedLM"
  std::int64_t vocab_size = 30522;
  std::int64_t hidden_size = 768;  // a multiple of num_attention_heads
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::string hidden_act = "gelu";  // activation.h
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::int64_t max_position_embeddings = 512;
  // "absolute", "relative_key" (Shaw et al. 2018, arXiv:1803.02155) or "relative_key_query" (Huang
  // et al. 2020, arXiv:2009.13658).
  std::string position_embedding_type = "absolute";
  std::int64_t type_vocab_size = 2;
  double initializer_range = 0.02;  // standard deviation of fresh parameters
  double layer_norm_eps = 1e-12;
  std::int64_t pad_token_id = 0;
  bool is_decoder = false;           // tokens see those before them only
  bool add_cross_attention = false;  // a decoder that also looks at an encoder's states
  bool tie_word_embeddings = true;   // the last matrix of word heads is the word embeddings
  // How many positions pass the feed-forward network at once: saves memory, changes no number.
  // Kept and not used.
  std::int64_t chunk_size_feed_forward = 0;
  std::optional<double> classifier_dropout;  // as hidden_dropout_prob if unset
  std::int64_t num_labels = 2;
  std::vector<std::string> labels;  // their names, id2label; empty: "LABEL_0", "LABEL_1", ...
  // "regression", "single_label_classification" or "multi_label_classification"; empty: regression
  // of one label, a single label of several.
  std::string problem_type;

  std::string label(std::int64_t id) const;

  // kInvalidArgument, naming the field, for a config no model can have.
  absl::Status check() const;

  // Reads the content of a config.json. Fields that are not ours are ignored, except model_type,
  // which must be "bert" if it is there. kInvalidArgument, naming the field.
  static absl::StatusOr<BertConfig> parse(absl::string_view json);
  // The same from a file. kNotFound if it cannot be opened.
  static absl::StatusOr<BertConfig> load(const std::string& path);

  std::string to_json() const;
};

}  // namespace bittensor
