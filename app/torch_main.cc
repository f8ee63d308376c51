// SPDX-License-Identifier: MIT
//
// Commands of `bittensor` that need libtorch, in a program of its own: libtorch takes longer to
// load than a wallet to open.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "app/bert.h"
#include "app/commands.h"
#include "datasets/cifar10/cifar10.h"
#include "datasets/mnist/mnist.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"

#include "bittensor/base/allocator.h"
#include "bittensor/base/logging.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

struct Options {
  std::string data;
  std::string cache = default_cache();
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

}  // namespace
}  // namespace bittensor

int main(int argc, char** argv) {
  bittensor::tune_allocator();
  CLI::App app(
      "Data sets, and trained BERTs: folders as transformers saves them, and neurons' "
      "checkpoints.",
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
  const auto run_bert = bittensor::add_bert(app);
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
    if (status.ok()) status = run_bert();
  } catch (const std::exception& error) {  // libtorch: out of memory
    status = absl::InternalError(error.what());
  }
  if (status.ok()) return 0;
  bittensor::print_error(status.message());
  return 1;
}
