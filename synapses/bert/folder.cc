// SPDX-License-Identifier: MIT
#include "synapses/bert/folder.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "synapses/bert/names.h"
#include "synapses/bert/weights.h"
#include "torch/nn/module.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/base/staged_file.h"
#include "bittensor/base/status_macros.h"
#include "bittensor/toolbox/safetensors.h"
#include "bittensor/toolbox/weights_files.h"
#include "bittensor/toolbox/wrong_file.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr char kPooler[] = "bert.pooler.dense.weight";
constexpr char kWordEmbeddings[] = "bert.embeddings.word_embeddings.weight";
constexpr char kBias[] = "cls.predictions.bias";
constexpr char kDecoder[] = "cls.predictions.decoder.weight";
constexpr char kDecoderBias[] = "cls.predictions.decoder.bias";

absl::Status wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<BertConfig> read_config(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    BITTENSOR_RETURN_IF_ERROR(check_is_not_wrong(path));
    return wrong(path, "is a file: a BERT is a folder, with config.json");
  }
  const fs::path file = fs::path(path) / "config.json";
  if (!fs::exists(file, error)) {
    const std::string what = what_folder_is(path);
    if (!what.empty()) return wrong(path, what);
  }
  return BertConfig::load(file.string());
}

// The first matrix of a task's head; null for a task without one.
const char* head_of(BertTask task) {
  switch (task) {
    case BertTask::kEmbedding:
      return nullptr;
    case BertTask::kMaskedWords:
    case BertTask::kNextWord:
      return "cls.predictions.transform.dense.weight";
    case BertTask::kNextSentence:
      return "cls.seq_relationship.weight";
    case BertTask::kClassification:
    case BertTask::kMultipleChoice:
    case BertTask::kTokenClassification:
      return "classifier.weight";
    case BertTask::kQuestionAnswering:
      return "qa_outputs.weight";
  }
  return nullptr;
}

// Heads of three tasks have one name: which it is says config.json alone.
bool is_head_of_another(const BertConfig& config, BertTask task) {
  const BertTask all[] = {BertTask::kClassification, BertTask::kMultipleChoice,
                          BertTask::kTokenClassification};
  if (std::find(std::begin(all), std::end(all), task) == std::end(all)) return false;
  if (config.architectures.empty()) return false;
  return std::any_of(std::begin(all), std::end(all), [&](BertTask other) {
    return other != task && config.architectures.front() == bert_architecture(other);
  });
}

std::string what_is_there(const BertConfig& config) {
  return config.architectures.empty()
             ? "the folder does not say of which class it is"
             : absl::StrCat("the folder is a ", absl::StrJoin(config.architectures, ", "));
}

// What config.json claims is compared with what the file has before memory is taken for it.
absl::Status check_body(const TensorMap& weights, const BertConfig& config) {
  const std::string last = absl::StrCat("bert.encoder.layer.", config.num_hidden_layers - 1,
                                        ".intermediate.dense.weight");
  const std::int64_t hidden = config.hidden_size;
  const std::pair<std::string, std::vector<std::int64_t>> wanted[] = {
      {kWordEmbeddings, {config.vocab_size, hidden}},
      {"bert.embeddings.position_embeddings.weight", {config.max_position_embeddings, hidden}},
      {"bert.embeddings.token_type_embeddings.weight", {config.type_vocab_size, hidden}},
      {last, {config.intermediate_size, hidden}}};
  for (const auto& [name, shape] : wanted) {
    const auto found = weights.find(name);
    if (found == weights.end()) {
      return absl::InvalidArgumentError(absl::StrCat("no BERT's parameters: no ", name));
    }
    if (found->second.sizes() != shape) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is [", absl::StrJoin(found->second.sizes().vec(), ", "),
                       "], by config.json [", absl::StrJoin(shape, ", "), "]"));
    }
  }
  return absl::OkStatus();
}

// As transformers 5: a decoder of its own is kept even if config.json does not say so.
bool has_own_decoder(const TensorMap& weights) {
  const auto decoder = weights.find(kDecoder);
  return decoder != weights.end() && !torch::equal(decoder->second, weights.at(kWordEmbeddings));
}

bool is_of_another_head(absl::string_view name) {
  const absl::string_view begin = absl::StartsWith(name, "\"") ? name.substr(1) : name;
  for (const char* head : {"cls.", "classifier.", "qa_outputs.", "bert.pooler."}) {
    if (absl::StartsWith(begin, head)) return true;
  }
  return false;
}

void draw(torch::nn::Module& model, const std::vector<std::string>& names, double deviation) {
  const torch::NoGradGuard no_grad;
  auto parameters = model.named_parameters();
  for (const std::string& name : names) {
    torch::Tensor& parameter = parameters[name];
    if (parameter.dim() > 1) parameter.normal_(0, deviation);  // others are what they begin with
  }
}

// Calls `read`; what it throws becomes a Status.
template <typename Read>
auto guarded(const std::string& path, const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const c10::Error& error) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": ", error.what()));
  }
}

absl::StatusOr<BertFiles> read_files(const std::string& path) {
  BertFiles files;
  BITTENSOR_ASSIGN_OR_RETURN(files.config, read_config(path));
  BITTENSOR_ASSIGN_OR_RETURN(const TensorMap written, read_weights(path));
  files.weights = bert_names(written);
  const absl::Status fits = check_body(files.weights, files.config);
  if (!fits.ok()) return wrong(path, fits.message());
  if (has_own_decoder(files.weights)) files.config.tie_word_embeddings = false;
  return files;
}

absl::StatusOr<BertFolder> open(const std::string& path, BertTask task,
                                const BertFolderOptions& options) {
  BITTENSOR_ASSIGN_OR_RETURN(BertFiles files, read_files(path));
  TensorMap& weights = files.weights;
  BertFolder folder;
  folder.config = std::move(files.config);
  BertConfig& config = folder.config;

  const char* head = head_of(task);
  const bool classes = head != nullptr && absl::StartsWith(head, "classifier");
  if (classes) {
    const auto classifier = weights.find(head);
    const bool other_number = options.num_labels != 0 && classifier != weights.end() &&
                              classifier->second.size(0) != options.num_labels;
    if (other_number || is_head_of_another(config, task)) {
      weights.erase("classifier.weight");
      weights.erase("classifier.bias");
    }
    if (options.num_labels != 0 && options.num_labels != config.num_labels) {
      config.num_labels = options.num_labels;
      config.labels.clear();
    }
    if (!options.labels.empty()) config.labels = options.labels;
  }
  if (head != nullptr && weights.count(head) == 0 && !options.fresh_head) {
    return wrong(path, absl::StrCat("has no head for this (", bert_architecture(task),
                                    "): ", what_is_there(config)));
  }

  {
    const BertUninitialized read_next;
    folder.model = make_bert(task, config, weights.count(kPooler) != 0);
  }
  auto report = load_weights(weights, *folder.model, WeightsMemory::kShared);
  if (!report.ok()) return wrong(path, report.status().message());
  folder.fresh = std::move(report->missing);
  const auto is_body = [](const std::string& name) {
    return absl::StartsWith(name, "bert.") && !absl::StartsWith(name, "bert.pooler.");
  };
  const bool body_is_whole = std::none_of(folder.fresh.begin(), folder.fresh.end(), is_body);
  if (!body_is_whole || (!folder.fresh.empty() && !options.fresh_head)) {
    return wrong(path, absl::StrCat("lacks parameters of a ", bert_architecture(task), ": ",
                                    WeightsReport{folder.fresh, {}}.to_string()));
  }
  draw(*folder.model, folder.fresh, config.initializer_range);
  for (std::string& name : report->unexpected) {
    if (!is_of_another_head(name)) folder.unknown.push_back(std::move(name));
  }
  folder.model->to(options.device);
  folder.model->eval();
  return folder;
}

}  // namespace

absl::StatusOr<BertFiles> read_bert(const std::string& path) {
  return guarded(path, [&] { return read_files(path); });
}

absl::StatusOr<BertFolder> open_bert(const std::string& path, BertTask task,
                                     const BertFolderOptions& options) {
  return guarded(path, [&] { return open(path, task, options); });
}

absl::StatusOr<std::shared_ptr<const BertTokenizer>> open_bert_tokenizer(const std::string& path,
                                                                         const BertConfig& config) {
  BITTENSOR_ASSIGN_OR_RETURN(BertTokenizer tokenizer, BertTokenizer::load(path));
  const auto tokens = static_cast<std::int64_t>(tokenizer.vocabulary().size());
  if (tokens > config.vocab_size) {
    return wrong(path, absl::StrCat("its tokenizer has ", tokens, " tokens, its model knows ",
                                    config.vocab_size));
  }
  return std::make_shared<const BertTokenizer>(std::move(tokenizer));
}

absl::Status save_bert(const std::string& path, BertConfig config, const std::string& architecture,
                       TensorMap weights) {
  // With a decoder of its own transformers reads the bias there.
  if (weights.count(kDecoder) != 0) weights[kDecoderBias] = weights.at(kBias).clone();
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  config.architectures = {architecture};
  const std::string json = config.to_json();
  BITTENSOR_RETURN_IF_ERROR(write_whole_file(path + "/config.json", {json}));
  return write_safetensors(path + "/model.safetensors", weights);
}

absl::Status save_bert(const std::string& path, const BertForTask& model) {
  TensorMap weights;
  for (auto& [name, tensor] : weights_of(model)) {
    absl::string_view written = name;
    if (model.task() == BertTask::kEmbedding) absl::ConsumePrefix(&written, "bert.");
    weights.emplace(written, tensor);
  }
  return save_bert(path, model.config(), bert_architecture(model.task()), std::move(weights));
}

}  // namespace bittensor
