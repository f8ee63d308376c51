// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "bench/learning/report.h"
#include "datasets/mnist/mnist.h"

namespace bittensor::bench {

// What every experiment is given.
struct Setup {
  Mnist mnist;
  bool fast = false;   // the in-process transport instead of gRPC
  bool quick = false;  // fewer steps
  std::uint64_t seed = 1;
  Report& report;

  std::int64_t steps(std::int64_t full) const { return quick ? full / 2 : full; }
};

// One row of the table each. They print how they get on and add their numbers to the report.
void poor_among_rich(const Setup& setup);
void specialists(const Setup& setup);
void useless_peers(const Setup& setup);
void turncoat(const Setup& setup);
void newcomer(const Setup& setup);
void alone(const Setup& setup);
void split(const Setup& setup);

}  // namespace bittensor::bench
