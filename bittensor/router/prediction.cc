// SPDX-License-Identifier: MIT
#include "bittensor/router/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// A newcomer is taken to have had such trust, with the say of the neuron itself, in so many
// batches.
constexpr double kFirstTrust = 1.0 / 3;
constexpr double kFirstBatches = 4;
constexpr double kKept = 0.98;  // of a record with each batch: what counts is the last fifty or so
constexpr double kLoudest = 4;  // by how much half a peer's energy counts beyond the own
constexpr double kLargestLogit = 1e6;
constexpr std::size_t kMostPeers = 4096;
constexpr double kLeastPredicted = 1e-4;  // as contribution_shares()'s

// Rows of logits as numbers here.
class Logits {
 public:
  Logits() = default;
  explicit Logits(const at::Tensor& logits)
      : rows_(logits.detach().to(torch::kCPU, torch::kFloat).contiguous()),
        classes_(logits.size(1)),
        at_(rows_.data_ptr<float>()) {}

  bool defined() const { return at_ != nullptr; }
  std::int64_t classes() const { return classes_; }

  // log sum exp(logits - their mean): a constant added to the logits buys nothing. Strangers' may
  // be as large as a float can be, and their sum then neither finite nor a number.
  double energy(std::int64_t row) const {
    double mean = 0;
    double largest = -kLargestLogit;
    each(row, [&](double logit) {
      mean += sane(logit) / static_cast<double>(classes_);
      largest = std::max(largest, sane(logit));
    });
    double sum = 0;
    each(row, [&](double logit) { sum += std::exp(sane(logit) - largest); });
    return largest - mean + std::log(sum);
  }

  // How much a row of these counts beside one of `own`, whose say is 1.
  double say(std::int64_t row, const Logits& own, std::int64_t of_own) const {
    return std::exp(std::min((energy(row) - own.energy(of_own)) / 2, kLoudest));
  }

  // Calls take(class, probability).
  template <typename Take>
  void probabilities(std::int64_t row, const Take& take) const {
    double largest = -std::numeric_limits<double>::infinity();
    each(row, [&](double logit) { largest = std::max(largest, logit); });
    double sum = 0;
    each(row, [&](double logit) { sum += std::exp(logit - largest); });
    std::int64_t of = 0;
    each(row, [&](double logit) { take(of++, std::exp(logit - largest) / sum); });
  }

 private:
  static double sane(double logit) { return std::clamp(logit, -kLargestLogit, kLargestLogit); }

  template <typename Take>
  void each(std::int64_t row, const Take& take) const {
    for (std::int64_t i = 0; i < classes_; ++i) take(at_[row * classes_ + i]);
  }

  at::Tensor rows_;
  std::int64_t classes_ = 0;
  const float* at_ = nullptr;
};

bool predicted(const Answer& answer, const at::Tensor& rows) {
  return answer.status.ok() && answer.prediction.defined() &&
         answer.prediction.size(0) == rows.numel() && rows.numel() > 0;
}

}  // namespace

double Predictions::trust(const PublicKey& peer, std::int64_t classes) const {
  const auto found = records_.find(peer);
  const Record record = found == records_.end() ? Record() : found->second;
  const double chance = 1 / static_cast<double>(classes);
  const double first = chance + (1 - chance) * kFirstTrust;
  const double right = (kFirstBatches * first + record.right) / (kFirstBatches + record.said);
  return std::max(0.0, (right - chance) / (1 - chance));
}

at::Tensor Predictions::join(const Route& route, const std::vector<Answer>& answers,
                             const at::Tensor& own) const {
  const torch::NoGradGuard no_grad;
  const Logits mine(own);
  const std::int64_t batch = own.size(0);
  const std::int64_t classes = own.size(1);
  const std::int64_t n = route.scores.size(1);
  const at::Tensor scores = route.scores.detach().to(torch::kCPU, torch::kFloat).contiguous();
  const float* const score = scores.data_ptr<float>();
  at::Tensor joined = torch::empty({batch, classes}, torch::kDouble);
  double* const sum = joined.data_ptr<double>();
  std::vector<double> total(batch, 1);  // of what counts, the neuron itself first
  std::vector<int> asked(batch);
  for (std::int64_t row = 0; row < batch; ++row) {
    mine.probabilities(row, [&](std::int64_t of, double p) { sum[row * classes + of] = p; });
    for (std::int64_t i = 0; i < n; ++i) asked[row] += score[row * n + i] > 0 ? 1 : 0;
  }
  bool any = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!predicted(answers[i], route.rows[i])) continue;
    if (answers[i].prediction.size(1) != classes) continue;
    any = true;
    const Logits theirs(answers[i].prediction);
    const double trusted = trust(route.synapses[i].key, classes);
    const auto* const rows = route.rows[i].data_ptr<std::int64_t>();
    for (std::int64_t j = 0; j < route.rows[i].numel(); ++j) {
      const std::int64_t row = rows[j];
      const double of_mean =
          score[row * n + static_cast<std::int64_t>(i)] * std::max(asked[row], 1);
      const double say = trusted * theirs.say(j, mine, row) * of_mean;
      theirs.probabilities(j,
                           [&](std::int64_t of, double p) { sum[row * classes + of] += say * p; });
      total[row] += say;
    }
  }
  if (!any) return {};
  for (std::int64_t row = 0; row < batch; ++row) {
    for (std::int64_t of = 0; of < classes; ++of) {
      double& value = sum[row * classes + of];
      value = std::log(std::max(value / total[row], 1e-12));
    }
  }
  return joined.to(own.options().requires_grad(false));
}

at::Tensor Predictions::learn(const Route& route, const std::vector<Answer>& answers,
                              const at::Tensor& labels, const at::Tensor& own,
                              const at::Tensor& otherwise) {
  const torch::NoGradGuard no_grad;
  if (records_.size() > kMostPeers) records_.clear();
  std::vector<double> worth(answers.size());
  std::vector<char> has(answers.size());
  const at::Tensor here = labels.to(torch::kCPU, torch::kLong).contiguous();
  const auto* const label = here.data_ptr<std::int64_t>();
  const Logits mine = own.defined() ? Logits(own) : Logits();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!predicted(answers[i], route.rows[i])) continue;
    const Logits theirs(answers[i].prediction);
    const auto* const rows = route.rows[i].data_ptr<std::int64_t>();
    double right = 0;
    double said = 0;
    double said_right = 0;
    int known = 0;
    for (std::int64_t j = 0; j < route.rows[i].numel(); ++j) {
      const std::int64_t truth = label[rows[j]];
      if (truth < 0 || truth >= theirs.classes()) continue;
      ++known;
      const double say = mine.defined() ? theirs.say(j, mine, rows[j]) : 1;
      theirs.probabilities(j, [&](std::int64_t of, double p) {
        if (of != truth) return;
        right += p;
        said_right += say * p;
      });
      said += say;
    }
    if (known == 0) continue;
    Record& record = records_[route.synapses[i].key];
    record.said = kKept * record.said + said / known;
    record.right = kKept * record.right + said_right / known;
    worth[i] = std::max(0.0, right / known - 1.0 / static_cast<double>(theirs.classes()));
    has[i] = 1;
  }
  // Nobody knows better than by chance yet: that says nothing of who is worth more.
  const double all = std::accumulate(worth.begin(), worth.end(), 0.0);
  if (all == 0) return otherwise;
  // Who predicts divides by that what those who predict have together.
  const at::Tensor before = otherwise.to(torch::kCPU, torch::kDouble).contiguous();
  std::vector<double> shares(before.data_ptr<double>(), before.data_ptr<double>() + before.numel());
  double part = 0;
  for (std::size_t i = 0; i < has.size(); ++i) part += has[i] != 0 ? shares[i] : 0;
  for (std::size_t i = 0; i < has.size(); ++i) {
    if (has[i] != 0) shares[i] = worth[i] / all * part;
    shares[i] = std::max(shares[i], kLeastPredicted);
  }
  return torch::tensor(shares, torch::kDouble).to(otherwise.scalar_type());
}

}  // namespace bittensor
