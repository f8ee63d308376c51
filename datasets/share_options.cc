// SPDX-License-Identifier: MIT
#include "datasets/share_options.h"

#include <limits>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace bittensor {
namespace {

constexpr int kMostShares = 100'000;

// Reads "1/4". "" if it could, else what is wrong.
std::string read_share(const std::string& text, ShareOptions& options) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  int number = 0;
  int of = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &number) ||
      !absl::SimpleAtoi(parts[1], &of) || number < 1 || number > of || of > kMostShares) {
    return absl::StrCat(text, ": not a share such as 1/4, the first of four");
  }
  options.number = number;
  options.of = of;
  return "";
}

}  // namespace

void add_share_options(CLI::App& app, ShareOptions& options, bool labels) {
  const auto finish = [](CLI::Option* option, const std::string& name) {
    return option->group("Data")->envname("BITTENSOR_" + absl::AsciiStrToUpper(name));
  };
  const auto add = [&](const std::string& name, auto& value, const std::string& help) {
    return finish(app.add_option("--" + name, value, help), name)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->capture_default_str();
  };
  const auto take_share = [&options](const std::string& text) {
    const std::string wrong = read_share(text, options);
    if (!wrong.empty()) throw CLI::ValidationError("--share", wrong);
  };
  finish(
      app.add_option_function<std::string>(
          "--share", take_share, "the part of the data that this neuron has: 1/4 to 4/4; 1/1: all"),
      "share")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->default_str(absl::StrCat(options.number, "/", options.of));
  add("share_seed", options.seed,
      "random seed of the partition; the same for all neurons that share the data");
  if (!labels) return;
  add("share_alpha", options.skew,
      "Dirichlet parameter of the labels in a share: with 0.3 most neurons lack most labels; 0: "
      "all have them alike")
      ->check(CLI::Range(0.0, 1e6));
  add("labels", options.labels, "how many samples of the share have labels; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  finish(app.add_flag("--unlabelled", options.unlabelled,
                      "with --labels: train on the other samples too, without their labels"),
         "unlabelled");
}

}  // namespace bittensor
