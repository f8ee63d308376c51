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
  std::string text;
  std::vector<std::string> texts;
  int most = 5;
};

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

absl::Status fill(const Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, load_bert(options.model));
  BITTENSOR_ASSIGN_OR_RETURN(const auto guesses, fill_mask(*synapse, options.text, options.most));
  for (std::size_t mask = 0; mask < guesses.size(); ++mask) {
    if (guesses.size() > 1) std::printf("mask %zu\n", mask + 1);
    for (const MaskGuess& guess : guesses[mask]) {
      std::printf("%.4f  %-14s  %s\n", guess.probability, guess.token.c_str(), guess.text.c_str());
    }
  }
  return absl::OkStatus();
}

absl::Status embed(const Options& options) {
  BITTENSOR_ASSIGN_OR_RETURN(const auto synapse, load_bert(options.model));
  for (const std::string& text : options.texts) {
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
  CLI::App* data = app.add_subcommand("data", "Data sets, which neurons also get by themselves.");
  data->require_subcommand(1);
  CLI::App* get = data->add_subcommand(
      "get", "Fetches a data set, unless it is there, and prints where it lies.");
  get->add_option("name", options.data, "which one")
      ->required()
      ->check(CLI::IsMember(bittensor::kData));
  get->add_option("--cache", options.cache, "the folder for data sets")->capture_default_str();
  CLI::App* fill = app.add_subcommand(
      "fill-mask", "Prints the likeliest tokens for each [MASK] of a text, with probabilities.");
  fill->add_option("text", options.text, "\"The state of the [MASK] is strong.\"")->required();
  fill->add_option("--top", options.most, "how many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  CLI::App* embed = app.add_subcommand(
      "embed", "Prints each text as a vector: the pooler's output, a JSON array a line.");
  embed->add_option("texts", options.texts, "the texts")->required();
  for (CLI::App* command : {fill, embed}) {
    command->add_option("--model", options.model, "the checkpoint or the folder")->required();
  }
  CLI11_PARSE(app, argc, argv);

  absl::Status status = bittensor::start_logging("warning");
  try {
    if (status.ok() && get->parsed()) status = bittensor::get(options);
    if (status.ok() && fill->parsed()) status = bittensor::fill(options);
    if (status.ok() && embed->parsed()) status = bittensor::embed(options);
  } catch (const std::exception& error) {  // libtorch: out of memory
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "bittensor: %s\n", std::string(status.message()).c_str());
  return 1;
}
