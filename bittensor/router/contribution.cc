// SPDX-License-Identifier: MIT
#include "bittensor/router/contribution.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/rows.h"

namespace bittensor {
namespace {

// A row that one synapse answers alone has no other answer to fall back on: its share counts
// as this, lest the quotient be infinite.
constexpr double kLargestShare = 0.95;
constexpr double kLeastWeight = 1e-4;

bool answered(const Route& route, const std::vector<Answer>& answers, std::size_t i) {
  return answers[i].status.ok() && route.rows[i].numel() > 0 && answers[i].output.defined();
}

// [batch, n] on the CPU: each row's scores among those that answered, in sum 1 or 0.
at::Tensor answered_scores(const Route& route, const std::vector<Answer>& answers) {
  at::Tensor scores = route.scores.detach().to(torch::kCPU, torch::kFloat, /*non_blocking=*/false,
                                               /*copy=*/true, torch::MemoryFormat::Contiguous);
  const std::int64_t n = scores.size(1);
  std::vector<char> there(answers.size());
  for (std::size_t i = 0; i < there.size(); ++i) there[i] = answered(route, answers, i) ? 1 : 0;
  for (std::int64_t row = 0; row < scores.size(0); ++row) {
    float* const of_row = scores.data_ptr<float>() + row * n;
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += of_row[i] *= static_cast<float>(there[i]);
    for (std::int64_t i = 0; i < n; ++i) of_row[i] /= std::max(sum, 1e-12F);
  }
  return scores;
}

// gradient[row] · output[i] for each `row` = rows[i], [rows_i].
at::Tensor slopes(const at::Tensor& gradient, const at::Tensor& rows, const at::Tensor& output) {
  if (!is_plain<float>(gradient) || !is_plain<float>(output)) {
    return (gradient.index_select(0, rows.to(gradient.device())) * output).sum(1).cpu();
  }
  const std::int64_t width = gradient.size(1);
  at::Tensor result = torch::empty({rows.numel()});
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    result.data_ptr<float>()[i] =
        dot(gradient.data_ptr<float>() + rows.data_ptr<std::int64_t>()[i] * width,
            output.data_ptr<float>() + i * width, width);
  }
  return result;
}

}  // namespace

at::Tensor contributions(const Route& route, const std::vector<Answer>& answers,
                         const at::Tensor& network_context) {
  const torch::NoGradGuard no_grad;
  TORCH_CHECK(answers.size() == route.rows.size(), answers.size(), " answers to ",
              route.rows.size(), " requests");
  const auto n = static_cast<std::int64_t>(answers.size());
  at::Tensor result = torch::zeros({n});
  if (!network_context.grad().defined()) return result;
  const at::Tensor gradient = network_context.grad().flatten(1).contiguous();  // [batch, ...]
  const at::Tensor joined = network_context.detach().flatten(1);
  const at::Tensor scores = answered_scores(route, answers);
  const at::Tensor joined_slopes =
      slopes(gradient, torch::arange(gradient.size(0)), joined).to(torch::kFloat);  // [batch]
  for (std::int64_t i = 0; i < n; ++i) {
    const Answer& answer = answers[static_cast<std::size_t>(i)];
    const at::Tensor& rows = route.rows[static_cast<std::size_t>(i)];
    if (!answered(route, answers, static_cast<std::size_t>(i))) continue;
    at::Tensor output = answer.output.detach().to(gradient.options());
    if (output.dim() == 3) {  // Text: brought to the length that was joined.
      const std::int64_t missing = network_context.size(1) - output.size(1);  // negative: cuts
      if (missing != 0) output = at::constant_pad_nd(output, {0, 0, 0, missing});
    }
    output = output.flatten(1);
    // It was not joined.
    if (output.size(0) != rows.numel() || output.size(1) != gradient.size(1)) continue;
    const at::Tensor own_slopes = slopes(gradient, rows, output).to(torch::kFloat);
    float sum = 0;
    for (std::int64_t j = 0; j < rows.numel(); ++j) {
      const std::int64_t row = rows.data_ptr<std::int64_t>()[j];
      const float share =
          std::min(scores.data_ptr<float>()[row * n + i], static_cast<float>(kLargestShare));
      // grad · (c - a_i), by how much of the others' shares this one has
      sum += (joined_slopes.data_ptr<float>()[row] - own_slopes.data_ptr<float>()[j]) * share /
             (1 - share);
    }
    result.data_ptr<float>()[i] = sum;
  }
  return result;
}

at::Tensor contribution_shares(const at::Tensor& contributions) {
  const at::Tensor given = contributions.detach().to(torch::kCPU, torch::kDouble).contiguous();
  std::vector<double> useful(given.data_ptr<double>(), given.data_ptr<double>() + given.numel());
  if (useful.size() <= 1) return torch::ones_like(contributions);
  double largest = 1e-30;
  for (double& value : useful) {
    if (!(value > 0) || !std::isfinite(value)) value = 0;
    largest = std::max(largest, value);
  }
  // Of the largest first: late in training all are tiny, and their squares would vanish.
  double sum = 0;
  for (double& value : useful) sum += value = (value / largest) * (value / largest);
  for (double& value : useful) value = std::max(value / std::max(sum, 1e-12), kLeastWeight);
  return torch::tensor(useful, contributions.options());
}

at::Tensor score_shares(const Route& route, const std::vector<Answer>& answers) {
  const torch::NoGradGuard no_grad;
  return answered_scores(route, answers).mean(0);
}

}  // namespace bittensor
