// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace bittensor {

// Texts and the class of each.
struct LabelledTexts {
  std::vector<std::string> texts;
  std::vector<std::int64_t> labels;  // of each text, a number of `names`
  std::vector<std::string> names;    // of the classes, in alphabetical order

  LabelledTexts rows(const std::vector<std::int64_t>& rows) const;
};

// The content of a .tsv file: a text, a tab and its label on each line. A text may have tabs, a
// label has none and no spaces around it. A first line "text", tab, "label" and empty lines count
// for nothing. kInvalidArgument, naming the line, for one without a tab, a label or a text; for
// more than 1,000 labels, and fewer than two.
absl::StatusOr<LabelledTexts> parse_labelled_texts(absl::string_view tsv);
// The same from a file of at most 1 GiB. Errors name it.
absl::StatusOr<LabelledTexts> load_labelled_texts(const std::string& path);

// What is held out to test with: every tenth text, the same ones for every neuron.
struct LabelledSplit {
  std::vector<std::int64_t> train;  // rows
  std::vector<std::int64_t> test;
};
LabelledSplit hold_out(std::size_t texts);

}  // namespace bittensor
