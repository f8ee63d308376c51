// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace bittensor::bench {

// Seconds that `work` takes.
inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Rounds of one measurement: the median, and how far apart the rounds are.
struct Rounds {
  std::vector<double> values;

  double quantile(double q) const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
  double median() const { return quantile(0.5); }
};

// The results of a benchmark: a table for people, a flat object for programs.
class Results {
 public:
  void add(const std::string& name, const Rounds& rounds, const std::string& unit) {
    std::printf("%-36s %12.2f %-10s (%.2f to %.2f, %zu rounds)\n", name.c_str(), rounds.median(),
                unit.c_str(), rounds.quantile(0), rounds.quantile(1), rounds.values.size());
    std::fflush(stdout);
    json_[name] = rounds.median();
  }
  void add(const std::string& name, double value, const std::string& unit) {
    std::printf("%-36s %12.2f %s\n", name.c_str(), value, unit.c_str());
    std::fflush(stdout);
    json_[name] = value;
  }
  const nlohmann::json& json() const { return json_; }

 private:
  nlohmann::json json_ = nlohmann::json::object();
};

}  // namespace bittensor::bench
