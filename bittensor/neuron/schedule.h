// SPDX-License-Identifier: MIT
//
// How the learning rate goes over a training run. It depends on the step alone, so a run that
// resumes continues as if it had not stopped.
#pragma once

#include <cstdint>

namespace bittensor {

// Falls along half a cosine from `peak` to a twentieth of it within each epoch, and starts each
// epoch at peak / epoch (warm restarts: Loshchilov and Hutter, arXiv 1608.03983).
double learning_rate_at(double peak, std::int64_t step, std::int64_t steps_per_epoch);

// Of a run of `steps`: rises in a line from a twentieth of `peak` to `peak` within the first
// fifth, and falls in a line to almost nothing at the end (L. Smith, "Super-convergence", arXiv
// 1708.07120). Gives the best model of a run of known length: one that resumes must keep its
// --epochs.
double one_cycle_at(double peak, std::int64_t step, std::int64_t steps);

enum class Schedule { kWarmRestarts, kOneCycle };  // learning_rate_at(), one_cycle_at()

// The learning rate of `step`, counted from 0 through all `epochs`.
double learning_rate_of(Schedule schedule, double peak, std::int64_t step,
                        std::int64_t steps_per_epoch, std::int64_t epochs);

}  // namespace bittensor
