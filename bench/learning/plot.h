// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bittensor::bench {

// Curves over training steps, drawn as SVG. Several points of one step are averaged: one per seed.
class Plot {
 public:
  void add(const std::string& curve, double step, double value);
  std::string svg() const;

 private:
  struct Curve {
    std::string name;
    std::vector<std::pair<double, double>> points;  // step, value
  };
  struct Area;

  std::vector<Curve> curves_;
};

}  // namespace bittensor::bench
