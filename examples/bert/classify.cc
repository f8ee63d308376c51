// SPDX-License-Identifier: MIT
//
// Fine-tuning: a trained BERT learns classes of texts, alone or together with others.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/share.h"
#include "datasets/text/labelled_texts.h"
#include "examples/bert/classification_batch.h"
#include "examples/bert/options.h"
#include "spdlog/spdlog.h"
#include "synapses/bert/fine_tuning.h"
#include "synapses/bert/folder.h"
#include "synapses/bert/text_classifier.h"
#include "torch/optim/optimizer.h"
#include "torch/types.h"

#include "bittensor/base/status_macros.h"
#include "bittensor/neuron/compute.h"
#include "bittensor/neuron/program.h"

namespace bittensor {
namespace {

// The rows of the texts that this neuron trains on.
absl::StatusOr<LabelledTexts> train_texts(const LabelledTexts& all, const NeuronOptions& options,
                                          const ShareOptions& share) {
  LabelledTexts train = all.rows(hold_out(all.texts.size()).train);
  if (share.of > 1) {
    if (train.texts.size() < static_cast<std::size_t>(share.of)) {
      return absl::InvalidArgumentError(absl::StrCat(
          options.data, ": ", train.texts.size(), " texts to train on for ", share.of, " shares"));
    }
    const auto shares = partition(train.labels, share.of, share.seed, share.skew);
    train = train.rows(shares[static_cast<std::size_t>(share.number - 1)]);
  }
  if (options.train_images > 0 &&
      options.train_images < static_cast<std::int64_t>(train.texts.size())) {
    train.texts.resize(static_cast<std::size_t>(options.train_images));
    train.labels.resize(static_cast<std::size_t>(options.train_images));
  }
  return train;
}

absl::StatusOr<std::shared_ptr<BertTextClassifier>> open_classifier(
    const BertOptions& bert, const std::vector<std::string>& names, const torch::Device& device) {
  BertFolderOptions opening;
  opening.fresh_head = true;
  opening.num_labels = static_cast<std::int64_t>(names.size());
  opening.labels = names;
  opening.device = device;
  BITTENSOR_ASSIGN_OR_RETURN(BertFolder folder,
                             open_bert(bert.model, BertTask::kClassification, opening));
  BITTENSOR_ASSIGN_OR_RETURN(auto tokenizer, open_bert_tokenizer(bert.model, folder.config));
  if (!folder.fresh.empty()) {
    spdlog::info("begins anew: {}", absl::StrJoin(folder.fresh, ", "));
  }
  BertTextClassifier::Options options;
  options.max_length = bert.max_length;
  BITTENSOR_ASSIGN_OR_RETURN(options.precision, parse_precision(bert.precision));
  // Neurons that tell the same classes apart predict for each other.
  options.task = task_of_labels(names);
  auto synapse = std::make_shared<BertTextClassifier>(
      options, std::dynamic_pointer_cast<BertForSequenceClassification>(folder.model),
      std::move(tokenizer));
  synapse->freeze(bert.freeze);
  synapse->to(device);
  return synapse;
}

// The tokenizer stays what it is: so do its files.
absl::Status copy_tokenizer(const std::string& from, const std::string& to) {
  namespace fs = std::filesystem;
  for (const char* name : {"vocab.txt", "tokenizer.json", "tokenizer_config.json",
                           "special_tokens_map.json", "added_tokens.json"}) {
    std::error_code error;
    if (!fs::exists(fs::path(from) / name, error)) continue;
    fs::copy_file(fs::path(from) / name, fs::path(to) / name, fs::copy_options::overwrite_existing,
                  error);
    if (error) return absl::UnavailableError(absl::StrCat(to, "/", name, ": ", error.message()));
  }
  return absl::OkStatus();
}

// Of the parameters in their order, which is that of every copy, those of the model: the others
// are the neuron's own, and the router's.
std::unique_ptr<torch::optim::Optimizer> make_optimizer(const FineTuning::Options& options,
                                                        const BertTextClassifier& synapse,
                                                        std::vector<at::Tensor> parameters) {
  std::vector<at::Tensor> model;
  std::vector<at::Tensor> beside;
  std::size_t i = 0;
  for (const auto& named : synapse.named_parameters()) {
    const bool is_model = absl::StartsWith(named.key(), "classification.");
    (is_model ? model : beside).push_back(std::move(parameters[i++]));
  }
  for (; i < parameters.size(); ++i) beside.push_back(std::move(parameters[i]));
  return std::make_unique<FineTuning>(options, model, beside);
}

}  // namespace

absl::Status classify(NeuronOptions options, const BertOptions& bert) {
  if (bert.model.empty() || options.data.empty()) {
    return absl::InvalidArgumentError(
        "--task classify takes --model FOLDER, a trained BERT, and --data FILE.tsv: a text, a tab "
        "and its label on each line");
  }
  BITTENSOR_ASSIGN_OR_RETURN(const torch::Device device,
                             set_up_compute(options.device, options.threads, options.seed));
  BITTENSOR_ASSIGN_OR_RETURN(const auto program, NeuronProgram::start(options, "bert"));
  BITTENSOR_ASSIGN_OR_RETURN(const LabelledTexts all, load_labelled_texts(options.data));
  BITTENSOR_ASSIGN_OR_RETURN(LabelledTexts own, train_texts(all, options, bert.share));
  std::vector<std::int64_t> held_out = hold_out(all.texts.size()).test;
  if (options.test_images > 0 && options.test_images < static_cast<std::int64_t>(held_out.size())) {
    held_out.resize(static_cast<std::size_t>(options.test_images));
  }
  if (own.texts.empty() || held_out.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(options.data, ": too few texts"));
  }
  TextBatches train(std::move(own), options.batch_size_train, options.seed, /*shuffle=*/true);
  TextBatches test(all.rows(held_out), options.batch_size_test, 0, /*shuffle=*/false);
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, open_classifier(bert, all.names, device));

  FineTuning::Options tuning;
  tuning.learning_rate = options.learning_rate;
  tuning.weight_decay = bert.weight_decay;
  tuning.max_gradient_norm = bert.clip;
  tuning.accumulate = bert.accumulate;
  const auto classes = static_cast<std::int64_t>(all.names.size());
  const auto batch_of = [](TextBatches& batches) {
    return [&batches](Synapse& of, std::int64_t step) {
      return make_classification_batch(dynamic_cast<BertTextClassifier&>(of), batches.at(step));
    };
  };
  NeuronTask task;
  task.kind = "bert_classifier";
  task.synapse = synapse;
  task.train = batch_of(train);
  task.steps_per_epoch = train.per_epoch();
  task.train_samples = train.texts();
  task.test = batch_of(test);
  task.test_batches = test.per_epoch();
  task.optimizer = [&](std::vector<at::Tensor> parameters) {
    return make_optimizer(tuning, *synapse, std::move(parameters));
  };
  task.schedule = Schedule::kOneCycle;
  task.config = {{"bert_config", synapse->model().config().to_json()}};
  task.describe = [&](const TestResult& result) { return describe_classes(result, classes); };
  task.report = [&](const TestResult& result) { return report_classes(result, classes); };
  BITTENSOR_RETURN_IF_ERROR(program->run(std::move(task)));
  if (bert.save_folder.empty()) return absl::OkStatus();
  BITTENSOR_RETURN_IF_ERROR(save_bert(bert.save_folder, synapse->model()));
  return copy_tokenizer(bert.model, bert.save_folder);
}

}  // namespace bittensor
