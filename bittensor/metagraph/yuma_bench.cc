// SPDX-License-Identifier: MIT
//
// What an epoch of Yuma consensus costs, as JSON: milliseconds, the least of some runs,
//   chain.yuma_ms_1024  for 1,024 validators with 64 weights and 64 bonds each
//   chain.yuma_ms_4096  the same for 4,096
// Exit status 1 if the answer is wrong, or the first takes more than 50 ms.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <random>

#include "bittensor/metagraph/yuma.h"

namespace bittensor {
namespace {

constexpr std::size_t kWeights = 64;

YumaNeurons make_neurons(std::size_t n) {
  std::mt19937 random(1);  // NOLINT: the same in each run
  YumaNeurons neurons;
  std::vector<std::uint16_t> columns(n);
  std::iota(columns.begin(), columns.end(), std::uint16_t{0});
  for (std::size_t i = 0; i < n; ++i) {
    neurons.stake.push_back(1 + random() % 1'000'000'000);
    for (std::vector<YumaRow>* rows : {&neurons.weights, &neurons.bonds}) {
      std::shuffle(columns.begin(), columns.end(), random);
      YumaRow& row = rows->emplace_back();
      for (std::size_t k = 0; k < kWeights; ++k) {
        row.emplace_back(columns[k], static_cast<std::uint16_t>(1 + random() % 65535));
      }
    }
  }
  neurons.permits.assign(n, true);
  neurons.last_update.assign(n, 1);
  neurons.registered_at.assign(n, 0);
  return neurons;
}

// Below 0 if an answer is not what an epoch gives: all of the emission, to within rounding.
double milliseconds(std::size_t n) {
  const YumaNeurons neurons = make_neurons(n);
  YumaParameters parameters;
  parameters.block = 200;
  parameters.max_validators = n;
  parameters.emission = 1'000'000'000;
  // Few agree on anybody, so that a majority needs few: else all is clipped to 0.
  parameters.kappa = 1000;
  double least = 1e9;
  for (int run = 0; run < 7; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    const auto result = yuma_epoch(neurons, parameters);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    least = std::min(least, time.count());
    if (!result.ok()) return -1;
    const auto& emission = result->emission;
    const auto sum = std::accumulate(emission.begin(), emission.end(), std::uint64_t{0});
    const auto earners = std::count_if(result->incentive.begin(), result->incentive.end(),
                                       [](std::uint16_t incentive) { return incentive > 0; });
    if (sum > parameters.emission || sum + 2 * n < parameters.emission || earners == 0) return -1;
  }
  return least;
}

}  // namespace
}  // namespace bittensor

int main() {
  const double few = bittensor::milliseconds(1024);
  const double many = bittensor::milliseconds(4096);
  std::printf("{\"chain.yuma_ms_1024\": %.2f, \"chain.yuma_ms_4096\": %.2f}\n", few, many);
  return few > 0 && few <= 50 && many > 0 ? 0 : 1;
}
