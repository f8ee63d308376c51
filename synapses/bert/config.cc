// SPDX-License-Identifier: MIT
#include "synapses/bert/config.h"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/activation.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxSize = std::int64_t{1} << 24;  // of any one dimension
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

absl::Status wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("BERT config: ", field, " ", what));
}

// Reads one field at a time; keeps the first error.
class Reader {
 public:
  explicit Reader(const json& config) : config_(config) {}

  const absl::Status& status() const { return status_; }

  void read(const char* field, std::int64_t& value) {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_number_integer()) return fail(field, "is not an integer");
    value = found->get<std::int64_t>();
  }
  void read(const char* field, double& value) {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_number()) return fail(field, "is not a number");
    value = found->get<double>();
  }
  void read(const char* field, std::optional<double>& value) {
    double number = 0;
    if (find(field) == nullptr) return;
    read(field, number);
    value = number;
  }
  void read(const char* field, std::string& value) {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_string()) return fail(field, "is not a string");
    value = found->get<std::string>();
  }
  void read(const char* field, bool& value) {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_boolean()) return fail(field, "is not true or false");
    value = found->get<bool>();
  }
  void read(const char* field, std::vector<std::string>& value) {
    const json* found = find(field);
    if (found == nullptr) return;
    if (!found->is_array()) return fail(field, "is not a list");
    for (const json& item : *found) {
      if (!item.is_string()) return fail(field, "is not a list of strings");
      value.push_back(item.get<std::string>());
    }
  }
  // {"0": "ham", "1": "spam"}
  void read_labels(std::int64_t& count, std::vector<std::string>& labels) {
    const json* found = find("id2label");
    if (found == nullptr) return read("num_labels", count);
    if (!found->is_object()) return fail("id2label", "is not an object");
    count = static_cast<std::int64_t>(found->size());
    labels.resize(found->size());
    for (const auto& [key, label] : found->items()) {
      std::size_t id = 0;
      if (!absl::SimpleAtoi(key, &id) || id >= labels.size()) {
        return fail("id2label", "does not number its labels from 0");
      }
      labels[id] = label.is_string() ? label.get<std::string>() : label.dump();
    }
  }
  void check_model_type() {
    std::string type = "bert";
    read("model_type", type);
    if (type != "bert") fail("model_type", absl::StrCat("is \"", type, "\": not a BERT"));
  }

 private:
  const json* find(const char* field) const {
    const auto found = config_.find(field);
    return found == config_.end() || found->is_null() ? nullptr : &*found;
  }
  void fail(const char* field, absl::string_view what) { status_.Update(wrong(field, what)); }

  const json& config_;
  absl::Status status_;
};

bool is_one_of(absl::string_view value, std::initializer_list<absl::string_view> all) {
  return std::find(all.begin(), all.end(), value) != all.end();
}

absl::Status check_probability(const char* field, double value) {
  return value >= 0 && value < 1 ? absl::OkStatus() : wrong(field, "is not in [0, 1)");
}

}  // namespace

std::string BertConfig::label(std::int64_t id) const {
  const auto index = static_cast<std::size_t>(id);
  return index < labels.size() ? labels[index] : absl::StrCat("LABEL_", id);
}

absl::Status BertConfig::check() const {
  const std::pair<const char*, std::int64_t> sizes[] = {
      {"vocab_size", vocab_size},
      {"hidden_size", hidden_size},
      {"num_hidden_layers", num_hidden_layers},
      {"num_attention_heads", num_attention_heads},
      {"intermediate_size", intermediate_size},
      {"max_position_embeddings", max_position_embeddings},
      {"type_vocab_size", type_vocab_size},
      {"num_labels", num_labels}};
  for (const auto& [field, size] : sizes) {
    if (size < 1 || size > kMaxSize) return wrong(field, absl::StrCat(size, " is out of range"));
  }
  if (num_hidden_layers > 1024) return wrong("num_hidden_layers", "is more than 1024");
  if (hidden_size % num_attention_heads != 0) {
    return wrong("hidden_size", "is not a multiple of num_attention_heads");
  }
  if (find_bert_activation(hidden_act) == nullptr) {
    return wrong("hidden_act",
                 absl::StrCat("\"", hidden_act, "\" ",
                              bert_activation_has_parameters(hidden_act)
                                  ? "has parameters of its own, which is not supported"
                                  : "is unknown"));
  }
  if (!is_one_of(position_embedding_type, {"absolute", "relative_key", "relative_key_query"})) {
    return wrong("position_embedding_type",
                 absl::StrCat("\"", position_embedding_type, "\" is unknown"));
  }
  if (!is_one_of(problem_type,
                 {"", "regression", "single_label_classification", "multi_label_classification"})) {
    return wrong("problem_type", absl::StrCat("\"", problem_type, "\" is unknown"));
  }
  if (add_cross_attention && !is_decoder) {
    return wrong("add_cross_attention", "is for decoders (is_decoder)");
  }
  if (!labels.empty() && static_cast<std::int64_t>(labels.size()) != num_labels) {
    return wrong("id2label", "does not have num_labels labels");
  }
  if (pad_token_id < 0 || pad_token_id >= vocab_size) {
    return wrong("pad_token_id", "is not in the vocabulary");
  }
  if (!(layer_norm_eps > 0)) return wrong("layer_norm_eps", "is not positive");
  if (!(initializer_range >= 0)) return wrong("initializer_range", "is negative");
  BITTENSOR_RETURN_IF_ERROR(check_probability("hidden_dropout_prob", hidden_dropout_prob));
  BITTENSOR_RETURN_IF_ERROR(
      check_probability("attention_probs_dropout_prob", attention_probs_dropout_prob));
  return check_probability("classifier_dropout", classifier_dropout.value_or(0));
}

absl::StatusOr<BertConfig> BertConfig::parse(absl::string_view text) {
  const json parsed = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return absl::InvalidArgumentError("BERT config: not a JSON object");
  BertConfig config;
  Reader reader(parsed);
  reader.check_model_type();
  reader.read("vocab_size", config.vocab_size);
  reader.read("hidden_size", config.hidden_size);
  reader.read("num_hidden_layers", config.num_hidden_layers);
  reader.read("num_attention_heads", config.num_attention_heads);
  reader.read("intermediate_size", config.intermediate_size);
  reader.read("hidden_act", config.hidden_act);
  reader.read("hidden_dropout_prob", config.hidden_dropout_prob);
  reader.read("attention_probs_dropout_prob", config.attention_probs_dropout_prob);
  reader.read("max_position_embeddings", config.max_position_embeddings);
  reader.read("type_vocab_size", config.type_vocab_size);
  reader.read("initializer_range", config.initializer_range);
  reader.read("layer_norm_eps", config.layer_norm_eps);
  reader.read("pad_token_id", config.pad_token_id);
  reader.read("classifier_dropout", config.classifier_dropout);
  reader.read("position_embedding_type", config.position_embedding_type);
  reader.read("is_decoder", config.is_decoder);
  reader.read("add_cross_attention", config.add_cross_attention);
  reader.read("tie_word_embeddings", config.tie_word_embeddings);
  reader.read("chunk_size_feed_forward", config.chunk_size_feed_forward);
  reader.read("problem_type", config.problem_type);
  reader.read("architectures", config.architectures);
  reader.read_labels(config.num_labels, config.labels);
  BITTENSOR_RETURN_IF_ERROR(reader.status());
  BITTENSOR_RETURN_IF_ERROR(config.check());
  return config;
}

absl::StatusOr<BertConfig> BertConfig::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::string text(kMaxFileBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto config = parse(text);
  if (!config.ok()) {
    const std::string what = what_it_is(text);
    if (!what.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": is ", what));
    return absl::Status(config.status().code(),
                        absl::StrCat(path, ": ", config.status().message()));
  }
  return config;
}

std::string BertConfig::to_json() const {
  json config = {{"model_type", "bert"},
                 {"vocab_size", vocab_size},
                 {"hidden_size", hidden_size},
                 {"num_hidden_layers", num_hidden_layers},
                 {"num_attention_heads", num_attention_heads},
                 {"intermediate_size", intermediate_size},
                 {"hidden_act", hidden_act},
                 {"hidden_dropout_prob", hidden_dropout_prob},
                 {"attention_probs_dropout_prob", attention_probs_dropout_prob},
                 {"max_position_embeddings", max_position_embeddings},
                 {"type_vocab_size", type_vocab_size},
                 {"initializer_range", initializer_range},
                 {"layer_norm_eps", layer_norm_eps},
                 {"pad_token_id", pad_token_id},
                 {"classifier_dropout", nullptr},
                 {"position_embedding_type", position_embedding_type},
                 {"is_decoder", is_decoder},
                 {"add_cross_attention", add_cross_attention},
                 {"tie_word_embeddings", tie_word_embeddings},
                 {"chunk_size_feed_forward", chunk_size_feed_forward}};
  if (!architectures.empty()) config["architectures"] = architectures;
  if (!problem_type.empty()) config["problem_type"] = problem_type;
  if (classifier_dropout) config["classifier_dropout"] = *classifier_dropout;
  for (std::int64_t i = 0; i < num_labels; ++i) {
    config["id2label"][std::to_string(i)] = label(i);
    config["label2id"][label(i)] = i;
  }
  return config.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace bittensor
