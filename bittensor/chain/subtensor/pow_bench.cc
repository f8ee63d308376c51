// SPDX-License-Identifier: MIT
//
// How fast a proof of work is searched, as JSON:
//   chain.pow_mhs_core  millions of seals a second of one core's time
// Exit status 1 if a solution is wrong, or it is below 1.
#include <cstdio>
#include <ctime>

#include "bittensor/chain/subtensor/pow.h"

namespace bittensor {
namespace {

// Of all threads of this program.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int run() {
  constexpr std::uint64_t kDifficulty = 1'000'000;
  constexpr int kSolutions = 5;
  const std::atomic<bool> go_on{false};
  double tried = 0;
  const double begin = cpu_seconds();
  for (int i = 0; i < kSolutions; ++i) {
    PowTask task;
    task.hotkey.fill(static_cast<std::uint8_t>(i + 1));
    task.difficulty = kDifficulty;
    PowOptions options;
    options.threads = 1;
    const auto solution = solve_pow(task, options, go_on);
    if (!solution.ok() || pow_seal(task, solution->nonce) != solution->seal ||
        !is_good_seal(solution->seal, kDifficulty)) {
      return 1;
    }
    tried += static_cast<double>(solution->nonce + 1);
  }
  const double mega = tried / (cpu_seconds() - begin) / 1e6;
  std::printf("{\"chain.pow_mhs_core\": %.2f}\n", mega);
  return mega >= 1 ? 0 : 1;
}

}  // namespace
}  // namespace bittensor

int main() {
  return bittensor::run();
}
