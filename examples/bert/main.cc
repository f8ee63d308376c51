// SPDX-License-Identifier: MIT
//
// A neuron that learns language together with others, by BERT's pre-training on presidents'
// speeches:
//
//   bert --neuron_key a/neuron.key --axon_port 8091 --metagraph_port 8092 --share 1/2
//   bert --neuron_key b/neuron.key --axon_port 8093 --metagraph_port 8094 --share 2/2
//        --bootstrap localhost:8092
//
// or that fine-tunes a trained BERT to tell classes of texts apart:
//
//   bert --task classify --model FOLDER --data FILE.tsv
//
// This is the data and the model; the neuron itself is in bittensor/neuron/program.cc.
#include <chrono>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "datasets/share_options.h"
#include "examples/bert/options.h"

#include "bittensor/command_line/option_group.h"
#include "bittensor/neuron/program.h"

namespace bittensor {
namespace {

// What suits pre-training.
NeuronOptions pretraining_defaults() {
  NeuronOptions options;
  options.epochs = 3;
  options.batch_size_train = 16;
  options.batch_size_test = 64;
  options.learning_rate = 1e-3;
  options.test_images = 1000;
  options.step.ask_interval = 4;  // answering costs half as much as training
  options.look_ahead = 4;         // an answer is some megabytes
  options.axon.max_rows = 256;    // of up to 128 tokens, with 1024 numbers each
  options.dendrite.timeout = std::chrono::seconds(10);
  options.serve_interval = 50;
  options.step.learning.lessons = 8;
  return options;
}

// What suits a model that is trained already.
NeuronOptions further_pretraining_defaults() {
  NeuronOptions options = pretraining_defaults();
  options.learning_rate = 1e-4;
  return options;
}

// What suits fine-tuning: an answer is one vector a text, and a trained model learns in few steps.
NeuronOptions classification_defaults() {
  NeuronOptions options = pretraining_defaults();
  options.learning_rate = 5e-5;
  options.test_images = 0;
  options.serve_interval = 20;
  options.log_interval = 20;
  return options;
}

// What the command line says of option `name`, "--task" or the like; empty if it says nothing.
absl::string_view value_of(absl::string_view name, int argc, char** argv) {
  absl::string_view found;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == name && i + 1 < argc) {
      found = argv[i + 1];
    } else if (absl::ConsumePrefix(&argument, name) && absl::ConsumePrefix(&argument, "=")) {
      found = argument;
    }
  }
  return found;
}

// Defaults are shown in the help, so they follow from what is asked for before it is parsed.
NeuronOptions defaults(int argc, char** argv) {
  if (value_of("--task", argc, argv) == "classify") return classification_defaults();
  const absl::string_view model = value_of("--model", argc, argv);
  const bool is_trained = !model.empty() && model != "small" && model != "tiny";
  return is_trained ? further_pretraining_defaults() : pretraining_defaults();
}

void add_bert_options(CLI::App& app, BertOptions& bert) {
  const auto add = [&](const std::string& name, auto& value, const std::string& help,
                       const char* group) {
    return OptionGroup(app, group).add(name, value, help);
  };
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  add("task", bert.task,
      "pretrain: words and passages of speeches; classify: classes of texts, --data FILE.tsv with "
      "a "
      "text, a tab and its label on each line",
      "Model")
      ->check(CLI::IsMember({"pretrain", "classify"}));
  add("model", bert.model,
      "small or tiny, a new one to pre-train; or the folder of a trained BERT, as transformers "
      "saves it",
      "Model");
  add("freeze", bert.freeze,
      "classify: how many layers, with the embeddings, stay as they are; 0: the embeddings, -1: "
      "none",
      "Model")
      ->check(CLI::Range(std::int64_t{-1}, std::int64_t{1024}));
  add("max_length", bert.max_length, "classify: tokens read of a text", "Model")
      ->check(CLI::Range(std::int64_t{3}, kMost));
  add("save_folder", bert.save_folder,
      "where the model goes in the end, as a folder that transformers opens", "Model");
  add("precision", bert.precision,
      "classify: bfloat16 multiplies matrices of the model in half the bits, on devices that have "
      "it",
      "Training")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  add("accumulate", bert.accumulate, "classify: mini-batches of a training step", "Training")
      ->check(CLI::Range(std::int64_t{1}, kMost));
  add("weight_decay", bert.weight_decay, "classify: of all but biases and norms", "Training")
      ->check(CLI::Range(0.0, 1.0));
  add("clip", bert.clip, "classify: the longest gradient; 0: any", "Training")
      ->check(CLI::Range(0.0, 1e9));
  add("vocab", bert.vocab, "pretrain: vocab.txt of BERT; empty: the cache, fetched if missing",
      "Data");
  add_share_options(app, bert.share, /*labels=*/false);
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  using namespace bittensor;
  BertOptions bert;
  return example_main(
      argc, argv, "bert", "A neuron that learns language together with others.",
      defaults(argc, argv),
      [&](const NeuronOptions& options) {
        return bert.task == "classify" ? classify(options, bert) : pretrain(options, bert);
      },
      [&](CLI::App& app) { add_bert_options(app, bert); });
}
