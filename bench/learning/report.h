// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace bittensor::bench {

// The numbers of all experiments: one of each name per seed. Not thread-safe.
class Report {
 public:
  // `name` without the prefix "learning.".
  void add(const std::string& name, double value);

  // A point of a curve in the plot of `row`. Several of one step are averaged: one per seed.
  void point(const std::string& row, const std::string& curve, double step, double value);

  // Mean and spread of every number, beside what is wanted of it.
  void print() const;

  // {"learning.poor_local": 96.1, ...}: the means.
  nlohmann::json json() const;

  // {"poor": {"network": [[step, value], ...], ...}, ...}: what bench/plots.py draws.
  nlohmann::json curves() const { return curves_; }

 private:
  std::vector<std::string> names_;  // in the order they came
  std::map<std::string, std::vector<double>> values_;
  nlohmann::json curves_ = nlohmann::json::object();
};

}  // namespace bittensor::bench
