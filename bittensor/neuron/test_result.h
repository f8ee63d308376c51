// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace bittensor {

// What a pass over the test set gave.
struct TestResult {
  double loss = 0;                          // mean over the samples
  double accuracy = 0;                      // in [0, 1]
  std::map<std::string, double> more = {};  // what else the task measures, by name
};

}  // namespace bittensor
