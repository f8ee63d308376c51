// SPDX-License-Identifier: MIT
//
// What `bittensor data`, `fill-mask` and `embed` run. A program of its own: libtorch takes longer
// to load than a wallet to open.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "app/commands.h"
#include "datasets/cifar10/cifar10.h"
#include "datasets/mnist/mnist.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"
#include "nlohmann/json.hpp"
#include "synapses/bert/fill_mask.h"
#include "synapses/bert/pretrained.h"

#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

struct Options {
  std::string data;
  std::string cache = default_cache();
  std::string model;
  std::vector<std::string> texts;
  int limit = 5;
};

constexpr std::size_t kMaxInput = std::size_t{16} << 20;  // bytes of standard input

// In the order that --help lists them.
const std::vector<std::string> kData = {"mnist", "cifar10", "speeches", "bert-vocab"};

// Prints where it lies, for scripts.
absl::Status get(const Options& options) {
  const auto fetch = options.data == "mnist"      ? fetch_mnist
                     : options.data == "cifar10"  ? fetch_cifar10
                     : options.data == "speeches" ? fetch_speeches
                                                  : fetch_bert_vocabulary;
  BITTENSOR_ASSIGN_OR_RETURN(const std::string path, fetch(options.cache, {}));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

// That the model reads only the beginning of a text must not go unnoticed.
void warn_of_unread(const BertSynapse& synapse, const std::string& text) {
  const UnreadText rest = unread(synapse, text);
  if (rest.text.empty()) return;
  print_error(absl::StrCat("the model reads the first ", rest.tokens_read, " tokens of the text, ",
                           rest.bytes_read, " of ", text.size(), " bytes; the rest is ignored"));
}

// All of standard input is one text.
absl::Status fill(Options options) {
  if (options.texts.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(std::string text, read_standard_input("text", kMaxInput));
    options.texts = {std::move(text)};
  }
  const std::string& text = options.texts.front();
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, load_bert(options.model));
  BITTENSOR_ASSIGN_OR_RETURN(const auto guesses, fill_mask(*synapse, text, options.limit));
  warn_of_unread(*synapse, text);
  for (std::size_t mask = 0; mask < guesses.size(); ++mask) {
    if (guesses.size() > 1) std::printf("mask %zu\n", mask + 1);
    for (const MaskGuess& guess : guesses[mask]) {
      std::printf("%.4f  %-14s  %s\n", guess.probability, guess.token.c_str(), guess.text.c_str());
    }
  }
  return absl::OkStatus();
}

// Each line of standard input is a text.
absl::Status embed(Options options) {
  if (options.texts.empty()) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::string lines, read_standard_input("text", kMaxInput));
    options.texts = absl::StrSplit(lines, '\n');
  }
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, load_bert(options.model));
  for (const std::string& text : options.texts) {
    warn_of_unread(*synapse, text);
    std::printf("%s\n", nlohmann::json(embed_text(*synapse, text)).dump().c_str());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  CLI::App app("Data sets, and a trained BERT: a neuron's checkpoint, or a Hugging Face folder.",
               "bittensor");
  app.require_subcommand(1);
  bittensor::Options options;
  CLI::App* data = app.add_subcommand("data", "Data sets. Neurons also fetch them by themselves.");
  data->require_subcommand(1);
  CLI::App* get = data->add_subcommand(
      "get", "Fetches a data set, unless it is there, and prints where it lies.");
  get->add_option("name", options.data, "which one")
      ->required()
      ->check(CLI::IsMember(bittensor::kData));
  get->add_option("--cache", options.cache, "the folder for data sets")->capture_default_str();
  CLI::App* fill = app.add_subcommand(
      "fill-mask", "Prints the likeliest tokens for each [MASK] of a text, with probabilities.");
  fill->add_option("text", options.texts,
                   "\"The state of the [MASK] is strong.\"; without it, standard input")
      ->expected(0, 1);
  fill->add_option("--top", options.limit, "how many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  CLI::App* embed = app.add_subcommand(
      "embed", "Prints each text as a vector: the pooler's output, one JSON array per line.");
  embed->add_option("texts", options.texts, "the texts; without any, the lines of standard input");
  for (CLI::App* command : {fill, embed}) {
    command->add_option("--model", options.model, "the checkpoint or the folder")->required();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const std::string command = app.get_subcommands().empty() ? "" : argv[1] + std::string(": ");
    bittensor::print_error(absl::StrCat(command, error.what(), " (--help lists the options)"));
    return 2;
  }

  absl::Status status = bittensor::start_logging("warning");
  try {
    if (status.ok() && get->parsed()) status = bittensor::get(options);
    if (status.ok() && fill->parsed()) status = bittensor::fill(options);
    if (status.ok() && embed->parsed()) status = bittensor::embed(options);
  } catch (const std::exception& error) {  // libtorch: out of memory
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  bittensor::print_error(status.message());
  return 1;
}
