// SPDX-License-Identifier: MIT
#include "datasets/share.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/split_mix.h"
#include "torch/types.h"

#include "bittensor/base/check.h"

namespace bittensor {
namespace {

// Below it the frequencies are beyond what a double can express: one label a share either way.
constexpr double kLeastSkew = 1e-3;

using Samples = std::vector<std::int64_t>;

template <typename T>
void shuffle(std::vector<T>& order, SplitMix& random) {  // Fisher and Yates
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
}

double normal(SplitMix& random) {  // Box and Muller
  constexpr double kTwoPi = 6.283185307179586;
  const double radius = std::sqrt(-2 * std::log(random.uniform()));
  return radius * std::cos(kTwoPi * random.uniform());
}

// The logarithm of a gamma variate: one of a small shape is smaller than any double. Marsaglia and
// Tsang 2000, "A simple method for generating gamma variables", for shape + 1, and down from there.
double log_gamma_variate(double shape, SplitMix& random) {
  const double d = shape + 1 - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(random);
    const double v = std::pow(1 + c * x, 3);
    const double u = random.uniform();
    if (v <= 0 || std::log(u) >= 0.5 * x * x + d * (1 - v + std::log(v))) continue;
    return std::log(d * v) + std::log(random.uniform()) / shape;
  }
}

// One draw from a symmetric Dirichlet distribution, up to a factor. No entry is zero: when the
// labels that a share prefers have run out, it takes of the others alike.
std::vector<double> dirichlet(double alpha, std::size_t size, SplitMix& random) {
  constexpr double kLeast = 1e-12;
  std::vector<double> drawn(size);
  for (double& entry : drawn) entry = log_gamma_variate(alpha, random);
  const double most = *std::max_element(drawn.begin(), drawn.end());
  for (double& entry : drawn) entry = std::exp(entry - most) + kLeast;
  return drawn;
}

// The place of a label that has samples left, as frequent as `frequency` says. There must be one.
std::size_t draw_label(const std::vector<double>& frequency, const std::vector<Samples>& left,
                       SplitMix& random) {
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += left[i].empty() ? 0 : frequency[i];
  double at = random.uniform() * sum;
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < left.size() && at >= 0; ++i) {
    if (left[i].empty()) continue;
    drawn = i;
    at -= frequency[i];
  }
  return drawn;
}

std::vector<Samples> skewed(const Samples& order, const Samples& labels, int of, double skew,
                            SplitMix& random) {
  std::map<std::int64_t, Samples> by_label;
  for (const std::int64_t sample : order) {
    by_label[labels[static_cast<std::size_t>(sample)]].push_back(sample);
  }
  std::vector<Samples> pools;
  for (auto& [label, samples] : by_label) pools.push_back(std::move(samples));
  std::vector<std::vector<double>> frequencies;
  for (int i = 0; i < of; ++i)
    frequencies.push_back(dirichlet(std::max(skew, kLeastSkew), pools.size(), random));

  std::vector<Samples> shares(static_cast<std::size_t>(of));
  for (std::size_t turn = 0; turn < order.size(); ++turn) {
    const std::size_t whose = turn % shares.size();
    Samples& pool = pools[draw_label(frequencies[whose], pools, random)];
    shares[whose].push_back(pool.back());
    pool.pop_back();
  }
  return shares;
}

}  // namespace

std::vector<Samples> partition(const Samples& labels, int of, std::uint64_t seed, double skew) {
  BITTENSOR_CHECK(of > 0 && skew >= 0) << of << " shares, skew " << skew;
  SplitMix random(seed);
  Samples order(labels.size());
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random);
  if (skew > 0) return skewed(order, labels, of, skew, random);
  std::vector<Samples> shares(static_cast<std::size_t>(of));
  for (std::size_t i = 0; i < order.size(); ++i) shares[i % shares.size()].push_back(order[i]);
  return shares;
}

absl::StatusOr<LabelledImages> share_of(const LabelledImages& data, const ShareOptions& share) {
  BITTENSOR_CHECK(0 < share.number && share.number <= share.of)
      << share.number << " of " << share.of;
  if (share.of == 1 && share.labels == 0) return data;
  if (data.size() < share.of) {
    return absl::InvalidArgumentError(
        absl::StrCat(data.size(), " samples are too few for ", share.of, " shares"));
  }
  const at::Tensor labels = data.labels.contiguous();
  const auto* first = labels.data_ptr<std::int64_t>();
  Samples mine = std::move(partition({first, first + labels.numel()}, share.of, share.seed,
                                     share.skew)[static_cast<std::size_t>(share.number) - 1]);
  const auto size = static_cast<std::int64_t>(mine.size());
  const std::int64_t labelled = share.labels > 0 ? std::min(share.labels, size) : size;
  if (!share.unlabelled) mine.resize(static_cast<std::size_t>(labelled));
  LabelledImages result = data.rows(torch::tensor(mine, torch::kInt64));
  result.labels.slice(0, labelled).fill_(kNoLabel);
  return result;
}

std::vector<int> deal(std::size_t count, int of, std::uint64_t seed) {
  BITTENSOR_CHECK(of > 0) << of;
  SplitMix random(seed);
  std::vector<int> round(static_cast<std::size_t>(of));
  std::iota(round.begin(), round.end(), 0);
  std::vector<int> shares;
  while (shares.size() < count) {
    shuffle(round, random);
    const std::size_t more = std::min(round.size(), count - shares.size());
    shares.insert(shares.end(), round.begin(), round.begin() + static_cast<std::ptrdiff_t>(more));
  }
  return shares;
}

}  // namespace bittensor
