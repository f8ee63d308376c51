// SPDX-License-Identifier: MIT
#include "synapses/bert/pretrained.h"

#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "synapses/bert/config.h"
#include "synapses/bert/weights.h"
#include "text/tokenizer.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/checkpoint.h"

namespace bittensor {
namespace {

absl::Status invalid(const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

absl::StatusOr<std::shared_ptr<BertSynapse>> load_folder(const std::string& folder) {
  BertSynapse::Options options;
  BITTENSOR_ASSIGN_OR_RETURN(options.config, BertConfig::load(folder + "/config.json"));
  BITTENSOR_ASSIGN_OR_RETURN(BertTokenizer tokenizer, BertTokenizer::load(folder));
  if (static_cast<std::int64_t>(tokenizer.vocabulary().size()) != options.config.vocab_size) {
    return invalid(folder, absl::StrCat("vocab.txt has ", tokenizer.vocabulary().size(),
                                        " tokens, config.json says ", options.config.vocab_size));
  }
  auto synapse = std::make_shared<BertSynapse>(
      options, std::make_shared<const BertTokenizer>(std::move(tokenizer)));
  BITTENSOR_ASSIGN_OR_RETURN(const WeightsReport report,
                             load_weights(folder, synapse->pretraining()));
  // Without its heads it would guess at random.
  if (!report.missing.empty()) {
    return invalid(folder, absl::StrCat("no pre-trained BERT: ", report.to_string()));
  }
  return synapse;
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
  BITTENSOR_ASSIGN_OR_RETURN(BertVocabulary vocabulary, BertVocabulary::parse(entry("vocabulary")));
  BITTENSOR_ASSIGN_OR_RETURN(BertTokenizer tokenizer,
                             BertTokenizer::create(std::move(vocabulary), {}));
  const BertConfig& config = options.config;
  const StateDict& state = checkpoint.synapse;
  const std::string bert = "pretraining.bert.";
  const std::string layer = absl::StrCat(bert, "encoder.layer.", config.num_hidden_layers - 1,
                                         ".intermediate.dense.weight");
  const auto words = static_cast<std::int64_t>(tokenizer.vocabulary().size());
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
      options, std::make_shared<const BertTokenizer>(std::move(tokenizer)));
  const absl::Status loaded = load_state_dict(*synapse, state);
  if (!loaded.ok()) return invalid(path, loaded.message());
  return synapse;
}

}  // namespace

absl::StatusOr<std::shared_ptr<BertSynapse>> load_bert(const std::string& path) {
  std::error_code error;
  auto synapse = std::filesystem::is_directory(path, error) ? load_folder(path) : load_neuron(path);
  if (synapse.ok()) (*synapse)->eval();
  return synapse;
}

}  // namespace bittensor
