// SPDX-License-Identifier: MIT
#include "bench/learning/report.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "absl/strings/str_format.h"

namespace bittensor::bench {
namespace {

struct Wanted {
  const char* name;
  bool at_least;
  double value;
};

constexpr Wanted kWanted[] = {
    {"poor_network", true, 96},
    {"poor_local", true, 94},
    {"poor_local_gain", true, 5},
    {"specialist_alone_max", false, 45},
    {"specialist_network_min", true, 90},
    {"useless_good_weight_share", true, 0.9},
    {"useless_accuracy_gap", false, 0.5},
    {"turncoat_steps_below_uniform", false, 200},
    {"turncoat_accuracy_gap", false, 1},
    {"newcomer_steps_first_asked", false, 20},
    {"newcomer_steps_to_uniform", false, 300},
    {"alone_gap", false, 0.3},
    {"split_gap", false, 0.5},
};

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// "≥ 96 yes", or nothing if none is wanted of this number.
std::string verdict(const std::string& name, double value) {
  for (const Wanted& wanted : kWanted) {
    if (name != wanted.name) continue;
    const bool holds = wanted.at_least ? value >= wanted.value : value <= wanted.value;
    return absl::StrFormat("%s %-6g %s", wanted.at_least ? "≥" : "≤", wanted.value,
                           holds ? "yes" : "NO");
  }
  return "";
}

}  // namespace

void Report::add(const std::string& name, double value) {
  if (values_.find(name) == values_.end()) names_.push_back(name);
  values_[name].push_back(value);
  std::printf("    %s = %.3f\n", name.c_str(), value);
  std::fflush(stdout);
}

void Report::point(const std::string& row, const std::string& curve, double step, double value) {
  curves_[row][curve].push_back({step, value});
}

void Report::print() const {
  std::printf("\n%-34s %9s   %-19s %5s   %s\n", "", "mean", "spread", "seeds", "wanted");
  for (const std::string& name : names_) {
    const std::vector<double>& values = values_.at(name);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    std::printf("%-34s %9.3f   %8.3f – %-8.3f %5zu   %s\n", name.c_str(), mean(values), *least,
                *most, values.size(), verdict(name, mean(values)).c_str());
  }
}

nlohmann::json Report::json() const {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, values] : values_) json["learning." + name] = mean(values);
  return json;
}

}  // namespace bittensor::bench
