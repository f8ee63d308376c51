// SPDX-License-Identifier: MIT
#include "app/metagraph_table.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"

namespace bittensor {
namespace {

// One column: its name, what is shown, and by what it is sorted: the number, where there is one.
struct Column {
  const char* name;
  std::string (*text)(const NeuronLine&);
  double (*number)(const NeuronLine&);
};

std::string decimals(double value) {
  return absl::StrFormat("%.4f", value);
}
std::string latency(const NeuronLine& line) {
  return line.latency_ms ? absl::StrFormat("%.1f", *line.latency_ms) : "";
}

using Line = const NeuronLine&;
constexpr auto kNone = nullptr;

const std::array<Column, 14> kColumns{{
    {"key", [](Line line) { return line.key; }, kNone},
    {"address", [](Line line) { return line.address; }, kNone},
    {"modality", [](Line line) { return line.modality; }, kNone},
    {"shape", [](Line line) { return line.shape; }, kNone},
    {"task", [](Line line) { return line.task; }, kNone},
    {"proven", [](Line line) { return std::string(line.proven ? "yes" : "no"); }, kNone},
    {"age_s", [](Line line) { return absl::StrFormat("%.1f", line.age_s); },
     [](Line line) { return line.age_s; }},
    {"latency_ms", latency, [](Line line) { return line.latency_ms.value_or(1e9); }},
    {"weight", [](Line line) { return decimals(line.weight); },
     [](Line line) { return line.weight; }},
    {"rank", [](Line line) { return decimals(line.rank); }, [](Line line) { return line.rank; }},
    {"trust", [](Line line) { return decimals(line.trust); }, [](Line line) { return line.trust; }},
    {"consensus", [](Line line) { return decimals(line.consensus); },
     [](Line line) { return line.consensus; }},
    {"incentive", [](Line line) { return decimals(line.incentive); },
     [](Line line) { return line.incentive; }},
    {"dividends", [](Line line) { return decimals(line.dividends); },
     [](Line line) { return line.dividends; }},
}};

constexpr std::size_t kKeyDigits = 8;  // in the table and the graph: enough to tell them apart

// Letters that a terminal shows and does not obey.
std::string harmless(const std::string& text) {
  std::string shown = text;
  for (char& letter : shown) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  return shown;
}

std::string aligned(const std::vector<NeuronLine>& lines) {
  std::vector<std::vector<std::string>> cells(lines.size() + 1);
  for (const Column& column : kColumns) {
    cells[0].emplace_back(column.name);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::string text = harmless(column.text(lines[i]));
      if (&column == &kColumns[0] && text.size() == 64) text.resize(kKeyDigits);
      cells[i + 1].push_back(text.empty() ? "-" : text);
    }
  }
  std::string table;
  for (const auto& row : cells) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::size_t width = 0;
      for (const auto& other : cells) width = std::max(width, other[c].size());
      const bool last = c + 1 == row.size();
      absl::StrAppend(&table, row[c], last ? "\n" : std::string(width - row[c].size() + 2, ' '));
    }
  }
  return table;
}

std::string json(const std::vector<NeuronLine>& lines) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const NeuronLine& line : lines) {
    nlohmann::ordered_json object;
    for (const Column& column : kColumns) {
      if (column.number == nullptr) {
        object[column.name] = column.text(line);
      } else {
        object[column.name] = column.number(line);
      }
    }
    object["proven"] = line.proven;
    if (!line.latency_ms) object["latency_ms"] = nullptr;
    object["weights"] = nlohmann::ordered_json::object();
    for (const auto& [key, weight] : line.row) object["weights"][key] = weight;
    array.push_back(std::move(object));
  }
  return array.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string csv(const std::vector<NeuronLine>& lines) {
  std::string text =
      absl::StrJoin(kColumns, ",", [](std::string* out, Column column) { *out += column.name; });
  for (const NeuronLine& line : lines) {
    absl::StrAppend(&text, "\r\n",
                    absl::StrJoin(kColumns, ",", [&](std::string* out, const Column& column) {
                      *out += csv_field(column.text(line));
                    }));
  }
  return text + "\r\n";
}

// Keys are hexadecimal or base58: nothing to escape in them. Of the rest nothing is written.
std::string dot(const std::vector<NeuronLine>& lines) {
  std::string text = "digraph weights {\n";
  for (const NeuronLine& line : lines) {
    absl::StrAppendFormat(&text, "  \"%s\" [label=\"%s\\n%.4f\"];\n", line.key,
                          line.key.substr(0, kKeyDigits), line.incentive);
    for (const auto& [other, weight] : line.row) {
      const bool known = std::any_of(lines.begin(), lines.end(),
                                     [&](const NeuronLine& to) { return to.key == other; });
      if (!known || !(weight > 0)) continue;
      absl::StrAppendFormat(&text, "  \"%s\" -> \"%s\" [label=\"%.3f\", penwidth=%.2f];\n",
                            line.key, other, weight, 0.5 + 4 * weight);
    }
  }
  return text + "}\n";
}

}  // namespace

absl::Status sort_lines(std::vector<NeuronLine>& lines, absl::string_view column) {
  const bool largest_first = absl::ConsumePrefix(&column, "-");
  const auto found = std::find_if(kColumns.begin(), kColumns.end(), [&](const Column& candidate) {
    return column == candidate.name;
  });
  if (found == kColumns.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no column ", column, " to sort by; there are ",
        absl::StrJoin(kColumns, ", ", [](std::string* out, Column one) { *out += one.name; })));
  }
  std::stable_sort(lines.begin(), lines.end(), [&](const NeuronLine& a, const NeuronLine& b) {
    const NeuronLine& first = largest_first ? b : a;
    const NeuronLine& second = largest_first ? a : b;
    if (found->number != nullptr) return found->number(first) < found->number(second);
    return found->text(first) < found->text(second);
  });
  return absl::OkStatus();
}

std::string text_of(const std::vector<NeuronLine>& lines, TableForm form) {
  if (form == TableForm::kJson) return json(lines);
  if (form == TableForm::kCsv) return csv(lines);
  if (form == TableForm::kDot) return dot(lines);
  return aligned(lines);
}

}  // namespace bittensor
