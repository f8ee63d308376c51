// SPDX-License-Identifier: MIT
#include "bittensor/router/dispatcher.h"

#include <algorithm>

#include "torch/types.h"

#include "bittensor/router/join_rows.h"

namespace bittensor {
namespace {

bool counts(const Answer& answer, std::int64_t rows, const AnswerShape& shape) {
  const at::Tensor& output = answer.output;
  const std::int64_t dimensions = shape.modality == Modality::kText ? 3 : 2;
  return answer.status.ok() && rows > 0 && output.defined() && output.is_floating_point() &&
         output.dim() == dimensions && output.size(0) == rows &&
         output.size(-1) == shape.network_dim;
}

// The answers that count: m rows all together.
struct Counted {
  std::vector<at::Tensor> rows;        // of the batch, in sum [m]
  std::vector<std::int64_t> synapses;  // who answered
  std::vector<at::Tensor> outputs;     // in sum [m, ...]

  // Who gave each row, [m].
  std::vector<std::int64_t> synapse_of_rows() const {
    std::vector<std::int64_t> result;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      result.insert(result.end(), rows[i].numel(), synapses[i]);
    }
    return result;
  }
};

Counted counted(const std::vector<at::Tensor>& rows, const std::vector<Answer>& answers,
                const AnswerShape& shape, const at::TensorOptions& options) {
  Counted result;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::int64_t count = rows[i].numel();
    if (!counts(answers[i], count, shape)) continue;
    result.rows.push_back(rows[i]);
    result.synapses.push_back(static_cast<std::int64_t>(i));
    result.outputs.push_back(answers[i].output.to(options));
  }
  return result;
}

// Brings the outputs of text, [rows_i, sequence_i, network_dim], to one length. Returns it.
std::int64_t level(std::vector<at::Tensor>& outputs, std::int64_t sequence) {
  if (sequence == 0) {
    sequence = 1;
    for (const at::Tensor& output : outputs) sequence = std::max(sequence, output.size(1));
  }
  for (at::Tensor& output : outputs) {
    const std::int64_t missing = sequence - output.size(1);  // negative: cuts
    if (missing != 0) output = at::constant_pad_nd(output, {0, 0, 0, missing});
  }
  return sequence;
}

}  // namespace

Split split(const at::Tensor& asked, const Inputs& inputs) {
  const std::int64_t batch = asked.size(0);
  const std::int64_t n = asked.size(1);
  TORCH_CHECK(batch == inputs.batch(), "a choice for ", batch, " rows and inputs of ",
              inputs.batch());
  Split result;
  if (n == 0) return result;
  const at::Tensor given = asked.to(torch::kCPU).contiguous();
  const bool* const is_asked = given.data_ptr<bool>();
  std::vector<std::int64_t> sizes(n);
  at::Tensor all_rows = torch::empty({batch * n}, torch::kLong);  // [m]
  std::int64_t* next = all_rows.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t* const first = next;
    for (std::int64_t row = 0; row < batch; ++row) {
      if (is_asked[row * n + i]) *next++ = row;
    }
    sizes[i] = next - first;
  }
  all_rows = all_rows.narrow(0, 0, next - all_rows.data_ptr<std::int64_t>());
  result.rows = all_rows.split_with_sizes(sizes);
  if (all_rows.numel() == n * batch) {
    result.requests.assign(n, inputs);
  } else if (inputs.modality == Modality::kText) {
    for (const at::Tensor& rows : result.rows) result.requests.push_back(inputs.rows(rows));
  } else {
    // One gather and n views of it, instead of n small gathers.
    for (at::Tensor& part : inputs.rows(all_rows).tensor.split_with_sizes(sizes)) {
      result.requests.push_back({inputs.modality, std::move(part), {}});
    }
  }
  return result;
}

at::Tensor join(const at::Tensor& scores, const std::vector<at::Tensor>& rows,
                const std::vector<Answer>& answers, const AnswerShape& shape) {
  const std::int64_t batch = scores.size(0);
  TORCH_CHECK(
      answers.size() == rows.size() && scores.size(1) == static_cast<std::int64_t>(rows.size()),
      answers.size(), " answers to ", rows.size(), " requests");
  Counted from = counted(rows, answers, shape, scores.options());
  std::vector<std::int64_t> sizes = {batch, shape.network_dim};
  if (shape.modality == Modality::kText) {
    sizes.insert(sizes.begin() + 1, level(from.outputs, shape.sequence));
  }
  if (from.outputs.empty()) return torch::zeros(sizes, scores.options().requires_grad(false));
  if (can_join_rows(scores, from.outputs)) {
    return join_rows(scores, from.rows, from.synapses, from.outputs).view(sizes);
  }
  at::Tensor joined = torch::zeros(sizes, scores.options());

  const at::Tensor row = at::cat(from.rows).to(scores.device());  // [m]
  const at::Tensor synapse =
      torch::tensor(from.synapse_of_rows(), torch::kLong).to(scores.device());                // [m]
  const at::Tensor score = scores.flatten().index_select(0, row * scores.size(1) + synapse);  // [m]
  const at::Tensor total = torch::zeros({batch}, scores.options())  // [batch]
                               .index_add(0, row, score)
                               .clamp_min(kLeastTotal);
  const at::Tensor weight = score / total.index_select(0, row);  // [m]
  const at::Tensor outputs = at::cat(from.outputs);              // [m, ...]
  std::vector<std::int64_t> per_row(outputs.dim(), 1);
  per_row[0] = -1;
  return joined.index_add(0, row, outputs * weight.view(per_row));
}

}  // namespace bittensor
