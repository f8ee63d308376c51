// SPDX-License-Identifier: MIT
#include "synapses/class_scores.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "torch/types.h"

namespace bittensor {
namespace {

struct OfClass {
  double hits = 0;  // all three as parts of the samples
  double said = 0;
  double real = 0;
};

OfClass of_class(const std::map<std::string, double>& means, std::int64_t id) {
  const auto mean = [&](const char* what) {
    const auto found = means.find(absl::StrCat(what, ".", id));
    return found == means.end() ? 0.0 : found->second;
  };
  return {mean("hits"), mean("said"), mean("real")};
}

}  // namespace

void count_classes(const at::Tensor& logits, const at::Tensor& labels, TestSums& sums) {
  const at::Tensor said = logits.argmax(1);
  for (std::int64_t id = 0; id < logits.size(1); ++id) {
    const at::Tensor is_said = said.eq(id);
    const at::Tensor is_real = labels.eq(id);
    const auto add = [&](const char* what, const at::Tensor& which) {
      sums[absl::StrCat(what, ".", id)].add(which.sum().item<double>(), labels.size(0));
    };
    add("said", is_said);
    add("real", is_real);
    add("hits", is_said.logical_and(is_real));
  }
}

ClassScores scores_of(const std::map<std::string, double>& means, std::int64_t classes) {
  ClassScores scores;
  double hits = 0;
  double by_chance = 0;
  double said = 0;
  double real = 0;
  for (std::int64_t id = 0; id < classes; ++id) {
    const OfClass one = of_class(means, id);
    if (one.said + one.real > 0) scores.f1 += 2 * one.hits / (one.said + one.real);
    hits += one.hits;
    by_chance += one.said * one.real;
    said += one.said * one.said;
    real += one.real * one.real;
  }
  scores.f1 /= static_cast<double>(classes);
  const double spread = std::sqrt((1 - said) * (1 - real));
  scores.matthews = spread > 0 ? (hits - by_chance) / spread : 0;
  return scores;
}

}  // namespace bittensor
