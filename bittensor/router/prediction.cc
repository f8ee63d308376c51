// SPDX-License-Identifier: MIT
#include "bittensor/router/prediction.h"

#include <algorithm>

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

// [rows, 1]. A constant added to the logits buys nothing. Strangers' may be as large as a float can
// be, and their sum then neither finite nor a number.
at::Tensor energy(const at::Tensor& logits) {
  const at::Tensor sane = logits.clamp(-kLargestLogit, kLargestLogit);
  return (sane - sane.mean(1, /*keepdim=*/true)).logsumexp(1, /*keepdim=*/true);
}

// How much `logits` count beside the neuron's own, whose say is 1. [rows, 1]
at::Tensor say_of(const at::Tensor& logits, const at::Tensor& own_energy) {
  return ((energy(logits) - own_energy) / 2).clamp_max(kLoudest).exp();
}

bool predicted(const Answer& answer, const at::Tensor& rows) {
  return answer.status.ok() && answer.prediction.defined() &&
         answer.prediction.size(0) == rows.numel() && rows.numel() > 0;
}

// Of the rows whose label is known, [m]; empty if there is none.
at::Tensor known_rows(const at::Tensor& labels, std::int64_t classes) {
  return labels.ge(0).logical_and(labels.lt(classes)).nonzero().flatten();
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
    const at::Tensor say = trust(route.synapses[i].key, own.size(1)) *
                           say_of(logits, own_energy.index_select(0, rows)) * score.unsqueeze(1);
    joined.index_add_(0, rows, logits.softmax(1) * say);
    total.index_add_(0, rows, say);
  }
  return any ? (joined / total).clamp_min(1e-12).log() : at::Tensor();
}

at::Tensor Predictions::learn(const Route& route, const std::vector<Answer>& answers,
                              const at::Tensor& labels, const at::Tensor& own,
                              const at::Tensor& otherwise) {
  const torch::NoGradGuard no_grad;
  if (records_.size() > kMostPeers) records_.clear();
  const auto n = static_cast<std::int64_t>(answers.size());
  at::Tensor worth = torch::zeros({n}, torch::kDouble);
  at::Tensor has = torch::zeros({n}, torch::kBool);
  const at::Tensor said = labels.cpu();
  // [batch, 1]
  const at::Tensor own_energy = own.defined() ? energy(own.detach()).cpu() : at::Tensor();
  for (std::int64_t i = 0; i < n; ++i) {
    const Answer& answer = answers[static_cast<std::size_t>(i)];
    const at::Tensor& rows = route.rows[static_cast<std::size_t>(i)];
    if (!predicted(answer, rows)) continue;
    const std::int64_t classes = answer.prediction.size(1);
    const at::Tensor known = known_rows(said.index_select(0, rows), classes);
    if (known.numel() == 0) continue;
    const at::Tensor labelled = rows.index_select(0, known);
    const at::Tensor prediction = answer.prediction.detach().cpu().index_select(0, known);
    const at::Tensor right =
        prediction.softmax(1).gather(1, said.index_select(0, labelled).unsqueeze(1));  // [known, 1]
    const at::Tensor say = own.defined() ? say_of(prediction, own_energy.index_select(0, labelled))
                                         : torch::ones_like(right);
    Record& record = records_[route.synapses[static_cast<std::size_t>(i)].key];
    record.said = kKept * record.said + say.mean().item<double>();
    record.right = kKept * record.right + (say * right).mean().item<double>();
    worth[i] = std::max(0.0, right.mean().item<double>() - 1.0 / static_cast<double>(classes));
    has[i] = true;
  }
  // Nobody knows better than by chance yet: that says nothing of who is worth more.
  const double all = worth.sum().item<double>();
  if (all == 0) return otherwise;
  // Who predicts divides by that what those who predict have together.
  const at::Tensor before = otherwise.to(torch::kDouble);
  const at::Tensor part = (before * has).sum();
  return torch::where(has, worth / all * part, before)
      .clamp_min(kLeastPredicted)
      .to(otherwise.scalar_type());
}

}  // namespace bittensor
