// SPDX-License-Identifier: MIT
#include "datasets/share_options.h"

#include <limits>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "bittensor/command_line/option_group.h"

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
  const OptionGroup group(app, "Data");
  const auto take_share = [&options](const std::string& text) {
    const std::string wrong = read_share(text, options);
    if (!wrong.empty()) throw CLI::ValidationError("--share", wrong);
  };
  group.call<std::string>(
      "share", take_share, absl::StrCat(options.number, "/", options.of),
      "the part of the data that this neuron has, from 1/4 to 4/4, say; 1/1: all");
  group.add("share_seed", options.seed,
            "random seed of the partition; the same for all neurons that share the data");
  if (!labels) return;
  group
      .add("share_alpha", options.skew,
           "Dirichlet parameter of the labels in a share: with 0.3 most neurons lack most labels; "
           "0: all have them alike")
      ->check(CLI::Range(0.0, 1e6));
  group.add("labels", options.labels, "how many samples of the share have labels; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  group.flag("unlabelled", options.unlabelled,
             "with --labels: train on the other samples too, without their labels");
}

}  // namespace bittensor
