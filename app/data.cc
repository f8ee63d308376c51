// SPDX-License-Identifier: MIT
#include "app/data.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "datasets/cifar10/cifar10.h"
#include "datasets/mnist/mnist.h"
#include "datasets/text/fetch_vocabulary.h"
#include "datasets/text/speeches.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

struct DataSet {
  std::string name;
  std::string what;
  CachedSet cached;
  absl::StatusOr<std::string> (*fetch)(const std::string& cache, const FetchOptions& options);
};

// In the order that --help lists them.
std::vector<DataSet> all_sets() {
  return {{"mnist", "70,000 handwritten digits", mnist_set(), fetch_mnist},
          {"cifar10", "60,000 small photographs of ten classes", cifar10_set(), fetch_cifar10},
          {"speeches", "233 State of the Union speeches", speeches_set(), fetch_speeches},
          {"bert-vocab", "the vocabulary of bert-base-uncased", bert_vocabulary_set(),
           fetch_bert_vocabulary}};
}

struct DataOptions {
  std::vector<std::string> names;  // none: all
  std::string cache = default_cache();

  std::vector<DataSet> chosen() const {
    std::vector<DataSet> sets = all_sets();
    const auto is_other = [&](const DataSet& set) {
      return std::find(names.begin(), names.end(), set.name) == names.end();
    };
    if (!names.empty()) sets.erase(std::remove_if(sets.begin(), sets.end(), is_other), sets.end());
    return sets;
  }
};

absl::Status list(const DataOptions& options) {
  std::printf("%-11s %8s  %-6s %s\n", "name", "MB", "there", "what");
  for (const DataSet& set : all_sets()) {
    std::printf("%-11s %8.1f  %-6s %s\n", set.name.c_str(),
                static_cast<double>(set.cached.size()) / 1e6,
                is_cached(set.cached, options.cache) ? "yes" : "no", set.what.c_str());
  }
  std::printf("in %s\n", options.cache.c_str());
  return absl::OkStatus();
}

// Prints where it lies, for scripts.
absl::Status get(const DataOptions& options) {
  for (const DataSet& set : options.chosen()) {
    BITTENSOR_ASSIGN_OR_RETURN(const std::string path, set.fetch(options.cache, {}));
    std::printf("%s\n", path.c_str());
  }
  return absl::OkStatus();
}

absl::Status verify(const DataOptions& options) {
  std::vector<std::string> wrong;
  for (const DataSet& set : options.chosen()) {
    const absl::Status status = verify_cached(set.cached, options.cache);
    // One that nobody asked for need not be there.
    const bool absent = absl::IsNotFound(status) && !is_cached(set.cached, options.cache);
    if (absent && options.names.empty()) {
      std::printf("%-11s not there\n", set.name.c_str());
      continue;
    }
    std::printf("%-11s %s\n", set.name.c_str(),
                status.ok() ? "good" : std::string(status.message()).c_str());
    if (!status.ok()) wrong.push_back(set.name);
  }
  if (wrong.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(wrong.size(), " of the data sets ", wrong.size() == 1 ? "is" : "are",
                   " not as fetched; remove the folder, and bittensor data get ", wrong.front(),
                   " brings it anew"));
}

}  // namespace

Action add_data(CLI::App& app) {
  auto options = std::make_shared<DataOptions>();
  auto action = std::make_shared<Action>([] { return absl::OkStatus(); });
  CLI::App* const data = add_command(app, "data");
  data->require_subcommand(1);
  data->footer("Neurons also fetch the data that they need by themselves.");
  std::vector<std::string> names;
  for (const DataSet& set : all_sets()) names.push_back(set.name);
  const auto add = [&](const char* name, const char* help,
                       absl::Status (*run)(const DataOptions&)) {
    CLI::App* const command = data->add_subcommand(name, help);
    command->add_option("--cache", options->cache, "the folder for data sets")
        ->capture_default_str();
    command->callback([=] { *action = [=] { return run(*options); }; });
    return command;
  };
  add("list", "Lists the data sets, and which of them are there.", list);
  add("get", "Fetches data sets, unless they are there, and prints where each is.", get)
      ->add_option("name", options->names, "which ones")
      ->required()
      ->check(CLI::IsMember(names));
  add("verify", "Reads data sets and compares each file with what it must be.", verify)
      ->add_option("name", options->names, "which ones; default: all that are there")
      ->check(CLI::IsMember(names));
  return [action] { return (*action)(); };
}

}  // namespace bittensor
