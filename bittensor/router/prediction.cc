// SPDX-License-Identifier: MIT
#include "bittensor/router/prediction.h"

#include <algorithm>
#include <optional>

#include "torch/torch.h"

namespace bittensor {
namespace {

constexpr double kLeastTrust = 0.1;
constexpr double kLoudest = 4;  // by how much a peer's energy counts beyond the own
constexpr double kLargestLogit = 1e6;
constexpr int kBatchesOfTrust = 50;  // batches of the running mean
constexpr std::size_t kMostPeers = 4096;
constexpr double kLeastPredicted = 1e-4;  // as contribution_shares()'s

// [rows, 1]. A constant added to the logits buys nothing. Strangers' may be as large as a float can
// be, and their sum then neither finite nor a number.
at::Tensor energy(const at::Tensor& logits) {
  const at::Tensor sane = logits.clamp(-kLargestLogit, kLargestLogit);
  return (sane - sane.mean(1, /*keepdim=*/true)).logsumexp(1, /*keepdim=*/true);
}

bool predicted(const Answer& answer, const at::Tensor& rows) {
  return answer.status.ok() && answer.prediction.defined() &&
         answer.prediction.size(0) == rows.numel() && rows.numel() > 0;
}

// The mean probability of the right class where the label is known; none if it nowhere is.
std::optional<double> rightness(const at::Tensor& prediction, const at::Tensor& labels) {
  const at::Tensor known = labels.ge(0).logical_and(labels.lt(prediction.size(1)));
  const at::Tensor rows = known.nonzero().flatten();
  if (rows.numel() == 0) return std::nullopt;
  const at::Tensor right = prediction.softmax(1).index_select(0, rows).gather(
      1, labels.index_select(0, rows).unsqueeze(1));
  return right.mean().item<double>();
}

}  // namespace

double Predictions::trust(const PublicKey& peer) const {
  const auto found = records_.find(peer);
  return found == records_.end() ? kLeastTrust : std::max(kLeastTrust, found->second.right);
}

at::Tensor Predictions::join(const Route& route, const std::vector<Answer>& answers,
                             const at::Tensor& own) const {
  const torch::NoGradGuard no_grad;
  const at::Tensor scores = route.scores.detach();            // [batch, n]
  const at::Tensor asked = scores.gt(0).sum(1).clamp_min(1);  // [batch]
  const at::Tensor own_energy = energy(own.detach());         // [batch, 1]
  // Energies beyond the own, whose say then is 1.
  at::Tensor total = torch::ones_like(own_energy);
  at::Tensor joined = own.detach().softmax(1);  // [batch, classes]
  bool any = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!predicted(answers[i], route.rows[i])) continue;
    if (answers[i].prediction.size(1) != own.size(1)) continue;
    any = true;
    const at::Tensor rows = route.rows[i].to(scores.device());
    const at::Tensor logits = answers[i].prediction.detach().to(own.options());
    const at::Tensor score = scores.select(1, static_cast<std::int64_t>(i)).index_select(0, rows) *
                             asked.index_select(0, rows);
    const at::Tensor beyond =
        (energy(logits) - own_energy.index_select(0, rows)).clamp_max(kLoudest);
    const at::Tensor say = trust(route.synapses[i].key) * beyond.exp() * score.unsqueeze(1);
    joined.index_add_(0, rows, logits.softmax(1) * say);
    total.index_add_(0, rows, say);
  }
  return any ? (joined / total).clamp_min(1e-12).log() : at::Tensor();
}

at::Tensor Predictions::learn(const Route& route, const std::vector<Answer>& answers,
                              const at::Tensor& labels, const at::Tensor& otherwise) {
  const torch::NoGradGuard no_grad;
  if (records_.size() > kMostPeers) records_.clear();
  const auto n = static_cast<std::int64_t>(answers.size());
  at::Tensor worth = torch::zeros({n}, torch::kDouble);
  at::Tensor has = torch::zeros({n}, torch::kBool);
  const at::Tensor said = labels.cpu();
  for (std::int64_t i = 0; i < n; ++i) {
    const Answer& answer = answers[static_cast<std::size_t>(i)];
    const at::Tensor& rows = route.rows[static_cast<std::size_t>(i)];
    if (!predicted(answer, rows)) continue;
    const at::Tensor prediction = answer.prediction.detach().cpu();
    const auto right = rightness(prediction, said.index_select(0, rows));
    if (!right) continue;
    Record& record = records_[route.synapses[static_cast<std::size_t>(i)].key];
    record.batches = std::min(record.batches + 1, kBatchesOfTrust);
    record.right += (*right - record.right) / record.batches;
    worth[i] = std::max(0.0, *right - 1.0 / static_cast<double>(prediction.size(1)));
    has[i] = true;
  }
  // Nobody knows better than by chance yet: that says nothing of who is worth more.
  const double known = worth.sum().item<double>();
  if (known == 0) return otherwise;
  // Who predicts divides by that what those who predict have together.
  const at::Tensor before = otherwise.to(torch::kDouble);
  const at::Tensor part = (before * has).sum();
  return torch::where(has, worth / known * part, before)
      .clamp_min(kLeastWeight)
      .to(otherwise.scalar_type());
}

}  // namespace bittensor
