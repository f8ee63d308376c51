// SPDX-License-Identifier: MIT
#include "datasets/text/labelled_texts.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace bittensor {
namespace {

constexpr std::uintmax_t kMaxLabelledBytes = std::uintmax_t{1} << 30;
constexpr std::size_t kMostLabels = 1000;
constexpr std::size_t kHeldOut = 10;  // one of so many

absl::Status wrong_line(std::size_t number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", what));
}

}  // namespace

LabelledTexts LabelledTexts::rows(const std::vector<std::int64_t>& rows) const {
  LabelledTexts some;
  some.names = names;
  for (const std::int64_t row : rows) {
    some.texts.push_back(texts[static_cast<std::size_t>(row)]);
    some.labels.push_back(labels[static_cast<std::size_t>(row)]);
  }
  return some;
}

absl::StatusOr<LabelledTexts> parse_labelled_texts(absl::string_view tsv) {
  LabelledTexts all;
  std::vector<std::string> labels;
  std::map<std::string, std::int64_t> numbers;
  std::size_t number = 0;
  for (absl::string_view line : absl::StrSplit(tsv, '\n')) {
    ++number;
    line = absl::StripSuffix(line, "\r");
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (number == 1 && line == "text\tlabel") continue;
    const std::size_t tab = line.rfind('\t');
    if (tab == absl::string_view::npos) return wrong_line(number, "no tab between text and label");
    const absl::string_view text = line.substr(0, tab);
    const absl::string_view label = absl::StripAsciiWhitespace(line.substr(tab + 1));
    if (label.empty()) return wrong_line(number, "no label");
    if (absl::StripAsciiWhitespace(text).empty()) return wrong_line(number, "no text");
    numbers.emplace(label, 0);
    if (numbers.size() > kMostLabels) {
      return wrong_line(number, absl::StrCat("more than ", kMostLabels,
                                             " labels: is the label the last thing in a line?"));
    }
    all.texts.emplace_back(text);
    labels.emplace_back(label);
  }
  if (numbers.size() < 2) return absl::InvalidArgumentError("fewer than two labels");
  for (auto& [name, id] : numbers) {
    id = static_cast<std::int64_t>(all.names.size());
    all.names.push_back(name);
  }
  for (const std::string& label : labels) all.labels.push_back(numbers.at(label));
  return all;
}

absl::StatusOr<LabelledTexts> load_labelled_texts(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  if (size > kMaxLabelledBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": more than 1 GiB"));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return absl::DataLossError(absl::StrCat(path, ": cannot be read"));
  }
  auto parsed = parse_labelled_texts(text);
  if (parsed.ok()) return parsed;
  return absl::Status(parsed.status().code(), absl::StrCat(path, ": ", parsed.status().message()));
}

LabelledSplit hold_out(std::size_t texts) {
  LabelledSplit split;
  for (std::size_t i = 0; i < texts; ++i) {
    (i % kHeldOut == kHeldOut - 1 ? split.test : split.train)
        .push_back(static_cast<std::int64_t>(i));
  }
  return split;
}

}  // namespace bittensor
