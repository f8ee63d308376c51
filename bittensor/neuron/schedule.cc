// SPDX-License-Identifier: MIT
#include "bittensor/neuron/schedule.h"

#include <algorithm>
#include <cmath>

namespace bittensor {

double learning_rate_at(double peak, std::int64_t step, std::int64_t steps_per_epoch) {
  constexpr double kPi = 3.14159265358979323846;
  constexpr double kLowest = 0.05;  // of the epoch's start
  const std::int64_t epoch = step / steps_per_epoch;
  const double progress =
      static_cast<double>(step % steps_per_epoch) / static_cast<double>(steps_per_epoch);
  const double fall = kLowest + (1 - kLowest) * 0.5 * (1 + std::cos(kPi * progress));
  return peak / static_cast<double>(epoch + 1) * fall;
}

double one_cycle_at(double peak, std::int64_t step, std::int64_t steps) {
  constexpr double kRise = 0.2;    // of the run
  constexpr double kStart = 0.05;  // of the peak
  constexpr double kEnd = 0.002;
  const double progress = static_cast<double>(step) / static_cast<double>(steps);
  if (progress < kRise) return peak * (kStart + (1 - kStart) * progress / kRise);
  const double fall = std::max(0.0, 1 - progress) / (1 - kRise);
  return peak * (kEnd + (1 - kEnd) * fall);
}

double learning_rate_of(Schedule schedule, double peak, std::int64_t step,
                        std::int64_t steps_per_epoch, std::int64_t epochs) {
  return schedule == Schedule::kOneCycle ? one_cycle_at(peak, step, epochs * steps_per_epoch)
                                         : learning_rate_at(peak, step, steps_per_epoch);
}

}  // namespace bittensor
