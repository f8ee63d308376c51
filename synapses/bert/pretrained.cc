// SPDX-License-Identifier: MIT
#include "synapses/bert/pretrained.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "synapses/bert/config.h"
#include "synapses/bert/folder.h"
#include "synapses/bert/weights.h"
#include "text/tokenizer.h"
#include "text/tokenizer_files.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

absl::Status invalid(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

// The parameters that have a row for each token of the vocabulary.
constexpr const char* kByToken[] = {"bert.embeddings.word_embeddings.weight",
                                    "cls.predictions.bias", "cls.predictions.decoder.weight",
                                    "cls.predictions.decoder.bias"};

// Of "tokenizer" and "tokenizer_config"; of a checkpoint that was written before there were
// those, of "vocabulary", a vocab.txt.
absl::StatusOr<BertTokenizer> tokenizer_of(const std::map<std::string, std::string>& config) {
  const auto entry = [&](const char* name) {
    const auto found = config.find(name);
    return found == config.end() ? absl::string_view() : absl::string_view(found->second);
  };
  if (!entry("tokenizer").empty()) {
    return parse_tokenizer(entry("tokenizer"), entry("tokenizer_config"));
  }
  BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary, BertVocabulary::parse(entry("vocabulary")));
  return BertTokenizer::create(std::move(vocabulary), {});
}

// Whether the checkpoint has a parameter `name` of this shape: sizes that it only claims to have
// are not allocated.
bool has(const StateDict& state, const std::string& name, at::IntArrayRef shape) {
  const auto found = state.find(name);
  return found != state.end() && found->second.sizes() == shape;
}

absl::StatusOr<std::shared_ptr<BertSynapse>> load_neuron(const std::string& path) {
  BITTENSOR_ASSIGN_OR_RETURN(const Checkpoint checkpoint, load_latest(path));
  const auto entry = [&](const char* name) {
    const auto found = checkpoint.config.find(name);
    return found == checkpoint.config.end() ? std::string() : found->second;
  };
  BertSynapse::Options options;
  if (checkpoint.kind != "bert" || !absl::SimpleAtoi(entry("network_dim"), &options.network_dim) ||
      !absl::SimpleAtoi(entry("student"), &options.student) ||
      !absl::SimpleAtoi(entry("joint"), &options.joint)) {
    return invalid(path, absl::StrCat("not a checkpoint of a BERT neuron, but of kind \"",
                                      checkpoint.kind, "\""));
  }
  BITTENSOR_ASSIGN_OR_RETURN(options.config, BertConfig::parse(entry("bert_config")));
  auto tokenizer = tokenizer_of(checkpoint.config);
  if (!tokenizer.ok()) return invalid(path, tokenizer.status().message());
  const BertConfig& config = options.config;
  const StateDict& state = checkpoint.synapse;
  const std::string bert = "pretraining.bert.";
  const std::string layer = absl::StrCat(bert, "encoder.layer.", config.num_hidden_layers - 1,
                                         ".intermediate.dense.weight");
  const auto words = static_cast<std::int64_t>(tokenizer->vocabulary().size());
  const std::int64_t hidden = config.hidden_size;
  if (!has(state, bert + "embeddings.word_embeddings.weight", {words, hidden}) ||
      !has(state, bert + "embeddings.position_embeddings.weight",
           {config.max_position_embeddings, hidden}) ||
      !has(state, bert + "embeddings.token_type_embeddings.weight",
           {config.type_vocab_size, hidden}) ||
      !has(state, layer, {config.intermediate_size, hidden}) ||
      static_cast<std::int64_t>(state.size()) < config.num_hidden_layers ||
      !has(state, "features.weight", {options.network_dim, hidden}) ||
      !has(state, "student.0.weight", {options.student, options.network_dim}) ||
      !has(state, "joint.0.weight", {options.joint, options.network_dim})) {
    return invalid(path, "its parameters are not those that it describes");
  }
  auto synapse = std::make_shared<BertSynapse>(
      options, std::make_shared<const BertTokenizer>(*std::move(tokenizer)));
  const absl::Status loaded = load_state_dict(*synapse, state);
  if (!loaded.ok()) return invalid(path, loaded.message());
  return synapse;
}

}  // namespace

absl::StatusOr<std::shared_ptr<BertSynapse>> load_bert(const std::string& path) {
  auto synapse = load_neuron(path);
  if (synapse.ok()) (*synapse)->eval();
  return synapse;
}

absl::StatusOr<std::shared_ptr<BertSynapse>> bert_from_folder(const std::string& folder,
                                                              std::vector<std::string>& fresh) {
  BITTENSOR_ASSIGN_OR_RETURN(BertFiles files, read_bert(folder));
  BITTENSOR_ASSIGN_OR_RETURN(const auto tokenizer, open_bert_tokenizer(folder, files.config));
  if (tokenizer->mask_id() < 0) return invalid(folder, "its tokenizer has no mask token");
  const auto tokens = static_cast<std::int64_t>(tokenizer->vocabulary().size());
  for (const char* name : kByToken) {
    const auto found = files.weights.find(name);
    if (found == files.weights.end() || found->second.dim() == 0) continue;
    found->second = found->second.slice(0, 0, tokens);
  }
  BertSynapse::Options options;
  options.config = std::move(files.config);
  auto synapse = std::make_shared<BertSynapse>(options, tokenizer);
  BITTENSOR_ASSIGN_OR_RETURN(
      WeightsReport report,
      load_weights(files.weights, synapse->pretraining(), WeightsMemory::kShared));
  fresh = std::move(report.missing);
  for (const std::string& name : fresh) {
    if (absl::StartsWith(name, "bert.") && !absl::StartsWith(name, "bert.pooler.")) {
      return invalid(folder, absl::StrCat("lacks ", name));
    }
  }
  return synapse;
}

}  // namespace bittensor
