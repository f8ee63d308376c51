// SPDX-License-Identifier: MIT
#include "app/swarm_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace bittensor {
namespace {

using nlohmann::json;

constexpr std::size_t kWeightsInLine = 3;
constexpr std::size_t kMostInMatrix = 12;  // neurons

// A column of cells, the first of which are its heading. Empty cells are shown as "-".
using Column = std::vector<std::string>;

std::string draw(std::vector<Column> columns, std::size_t heading_lines) {
  std::string table;
  for (Column& column : columns) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < column.size(); ++i) {
      if (i >= heading_lines && column[i].empty()) column[i] = "-";
      width = std::max(width, column[i].size());
    }
    if (&column == &columns.back()) break;  // Nothing follows.
    for (std::string& cell : column) cell.resize(width + 2, ' ');
  }
  for (std::size_t i = 0; i < columns.front().size(); ++i) {
    std::string line;
    for (const Column& column : columns) line += column[i];
    absl::StrAppend(&table, line.substr(0, line.find_last_not_of(' ') + 1), "\n");
  }
  return table;
}

// NaN of what was not reported; JSON has no NaN: a neuron writes null.
double number(const SwarmRow& row, const std::string& name) {
  if (!row.report.is_object() || !row.report.contains(name)) return NAN;
  // Of a neuron that trained alone this says nothing about the network.
  if (name == "network_accuracy" && row.report.value("hardly_helped", false)) return NAN;
  const json& value = row.report[name];
  return value.is_number() ? value.get<double>() : NAN;
}

std::string cell(const SwarmRow& row, const std::string& name, double factor, int digits) {
  const double value = factor * number(row, name);
  return std::isnan(value) ? "" : absl::StrFormat("%.*f", digits, value);
}

std::string pair_cell(const SwarmRow& row, const std::string& first, const std::string& second) {
  const std::string one = cell(row, first, 1, 0);
  const std::string other = cell(row, second, 1, 0);
  return one.empty() && other.empty() ? "" : absl::StrCat(one, "/", other);
}

// By name (of a neuron of the swarm its number), largest first.
std::vector<std::pair<std::string, double>> weights_of(const SwarmRow& row,
                                                       const std::vector<SwarmRow>& rows) {
  std::vector<std::pair<std::string, double>> weights;
  if (!row.report.is_object()) return weights;
  const json reported = row.report.value("weights", json::object());  // items() refers to it
  for (const auto& [key, weight] : reported.items()) {
    if (!weight.is_number()) continue;
    const std::string& short_key = key;
    const auto peer = std::find_if(rows.begin(), rows.end(), [&](const SwarmRow& other) {
      return other.key.substr(0, short_key.size()) == short_key;
    });
    weights.emplace_back(peer == rows.end() ? short_key : absl::StrCat(peer - rows.begin()),
                         weight.get<double>());
  }
  std::stable_sort(weights.begin(), weights.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return weights;
}

std::string weights_cell(const SwarmRow& row, const std::vector<SwarmRow>& rows) {
  const auto weights = weights_of(row, rows);
  std::string text;
  for (std::size_t i = 0; i < std::min(weights.size(), kWeightsInLine); ++i) {
    absl::StrAppendFormat(&text, "%s%s: %.3f", i > 0 ? "  " : "", weights[i].first,
                          weights[i].second);
  }
  if (weights.size() > kWeightsInLine) {
    absl::StrAppend(&text, "  +", weights.size() - kWeightsInLine, " more");
  }
  return text;
}

std::string weight_matrix(const std::vector<SwarmRow>& rows) {
  std::vector<Column> columns = {{"weights"}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    columns.front().push_back(absl::StrCat("of ", i));
    columns.push_back({absl::StrCat(i)});
  }
  for (const SwarmRow& row : rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) columns[i + 1].emplace_back();
    for (const auto& [name, weight] : weights_of(row, rows)) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (name == columns[i + 1].front()) columns[i + 1].back() = absl::StrFormat("%.2f", weight);
      }
    }
  }
  return draw(std::move(columns), /*heading_lines=*/1);
}

// The mean over those who reported it; NaN if nobody did.
double mean(const std::vector<SwarmRow>& rows, const std::string& name) {
  double sum = 0;
  int count = 0;
  for (const SwarmRow& row : rows) {
    const double value = number(row, name);
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / count : NAN;
}

}  // namespace

std::string swarm_table(const std::vector<SwarmRow>& rows) {
  constexpr std::size_t kHeadingLines = 2;
  std::vector<Column> columns = {{"neuron", ""},
                                 {"key", ""},
                                 {"alone", "%"},
                                 {"local", "%"},
                                 {"network", "%"},
                                 {"test loss", ""},
                                 {"samples/s", ""},
                                 {"answers", "ok/failed"},
                                 {"lessons", "given/taken"},
                                 {"gradients", "given/taken"},
                                 {"weights", ""}};
  bool all_in_line = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SwarmRow& row = rows[i];
    const std::vector<std::string> cells = {
        absl::StrCat(i),
        row.key.substr(0, 8),
        cell(row, "alone_accuracy", 100, 2),
        cell(row, "local_accuracy", 100, 2),
        cell(row, "network_accuracy", 100, 2),
        cell(row, "test_loss", 1, 4),
        cell(row, "images_per_second", 1, 0),
        pair_cell(row, "answers_ok", "answers_failed"),
        pair_cell(row, "lessons_given", "lessons_taken"),
        pair_cell(row, "gradients_given", "gradients_taken"),
        row.failure.empty() ? weights_cell(row, rows) : row.failure};
    for (std::size_t c = 0; c < cells.size(); ++c) columns[c].push_back(cells[c]);
    all_in_line = all_in_line && weights_of(row, rows).size() <= kWeightsInLine;
  }
  const auto is_empty = [&](const Column& column) {
    return std::all_of(column.begin() + kHeadingLines, column.end(),
                       [](const std::string& text) { return text.empty(); });
  };
  columns.erase(std::remove_if(columns.begin(), columns.end(), is_empty), columns.end());
  std::string table = columns.empty() ? "" : draw(std::move(columns), kHeadingLines);
  if (!all_in_line && rows.size() <= kMostInMatrix) {
    absl::StrAppend(&table, "\n", weight_matrix(rows));
  }
  return table;
}

std::string swarm_summary(const std::vector<SwarmRow>& rows) {
  const double alone = 100 * mean(rows, "alone_accuracy");
  const double local = 100 * mean(rows, "local_accuracy");
  const double network = 100 * mean(rows, "network_accuracy");
  if (std::isnan(local)) return "";
  const auto joined = [&](double accuracy, const char* path) {
    if (std::isnan(alone)) return absl::StrFormat("%.1f %% %s", accuracy, path);
    return absl::StrFormat("%.1f %% %s (%+.1f)", accuracy, path, accuracy - alone);
  };
  std::string line =
      std::isnan(alone)
          ? "On average: "
          : absl::StrFormat("What joining was worth, on average: from %.1f %% alone to ", alone);
  absl::StrAppend(&line, joined(local, "local"));
  if (!std::isnan(network)) absl::StrAppend(&line, " and ", joined(network, "with the network"));
  return line;
}

}  // namespace bittensor
