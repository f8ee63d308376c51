// SPDX-License-Identifier: MIT
#include "bittensor/router/contribution.h"

#include "torch/types.h"
#include "torch/utils.h"

namespace bittensor {
namespace {

// A row that one synapse answers alone has no other answer to fall back on: its share counts
// as this, lest the quotient be infinite.
constexpr double kLargestShare = 0.95;
constexpr double kLeastWeight = 1e-4;

bool answered(const Route& route, const std::vector<Answer>& answers, std::size_t i) {
  return answers[i].status.ok() && route.rows[i].numel() > 0 && answers[i].output.defined();
}

// [batch, n]: each row's scores among those that answered, in sum 1 or 0.
at::Tensor answered_scores(const Route& route, const std::vector<Answer>& answers) {
  at::Tensor there = torch::zeros({route.scores.size(1)}, route.scores.options());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answered(route, answers, i)) there[static_cast<std::int64_t>(i)] = 1;
  }
  const at::Tensor scores = route.scores.detach() * there;
  return scores / scores.sum(1, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace

at::Tensor contributions(const Route& route, const std::vector<Answer>& answers,
                         const at::Tensor& network_context) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK(answers.size() == route.rows.size(), answers.size(), " answers to ",
              route.rows.size(), " requests");
  at::Tensor result = torch::zeros({static_cast<std::int64_t>(answers.size())});
  if (!network_context.grad().defined()) return result;
  const at::Tensor gradient = network_context.grad().flatten(1);  // [batch, ...]
  const at::Tensor joined = network_context.detach().flatten(1);
  const at::Tensor scores = answered_scores(route, answers).clamp_max(kLargestShare);
  const at::Tensor leverage = scores / (1 - scores);           // [batch, n]
  const at::Tensor joined_slope = (gradient * joined).sum(1);  // [batch]
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answered(route, answers, i)) continue;
    const auto column = static_cast<std::int64_t>(i);
    const at::Tensor rows = route.rows[i].to(gradient.device());
    at::Tensor output = answers[i].output.detach().to(gradient.options());
    if (output.dim() == 3) {  // Text: brought to the length that was joined.
      const std::int64_t missing = network_context.size(1) - output.size(1);  // negative: cuts
      output = at::constant_pad_nd(output, {0, 0, 0, missing});
    }
    output = output.flatten(1);
    if (output.size(1) != gradient.size(1)) continue;  // It was not joined.
    const at::Tensor slope =                           // [rows_i]: grad · (c - a_i)
        joined_slope.index_select(0, rows) - (gradient.index_select(0, rows) * output).sum(1);
    result[column] = (slope * leverage.select(1, column).index_select(0, rows)).sum().cpu();
  }
  return result;
}

at::Tensor contribution_shares(const at::Tensor& contributions) {
  const at::Tensor useful = contributions.nan_to_num(0, 0, 0).clamp_min(0);
  if (useful.numel() <= 1) return torch::ones_like(useful);
  // Of the largest first: late in training all are tiny, and their squares would vanish.
  const at::Tensor squares = (useful / useful.max().clamp_min(1e-30)).square();
  return (squares / squares.sum().clamp_min(1e-12)).clamp_min(kLeastWeight);
}

at::Tensor score_shares(const Route& route, const std::vector<Answer>& answers) {
  const torch::NoGradGuard no_grad;
  return answered_scores(route, answers).mean(0).cpu();
}

}  // namespace bittensor
