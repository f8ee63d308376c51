// SPDX-License-Identifier: MIT
#include "bittensor/watch/curve.h"

#include <algorithm>

namespace bittensor {
namespace {

constexpr std::ptrdiff_t kTestsKept = 100;

bool is_test(const NeuronState::Point& point) {
  return point.accuracy.alone || point.accuracy.local || point.accuracy.network;
}

}  // namespace

void thin(std::vector<NeuronState::Point>& points, std::size_t stride) {
  const bool tests_stay = std::count_if(points.begin(), points.end(), is_test) <= kTestsKept;
  const std::size_t last = points.size() - 1;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool stays = i == 0 || (last - i) % stride == 0 || (tests_stay && is_test(points[i]));
    if (stays) points[kept++] = points[i];
  }
  points.resize(kept);
}

}  // namespace bittensor
