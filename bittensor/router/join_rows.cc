// SPDX-License-Identifier: MIT
#include "bittensor/router/join_rows.h"

#include <algorithm>
#include <utility>

#include "ATen/Parallel.h"
#include "torch/csrc/autograd/custom_function.h"
#include "torch/types.h"
#include "torch/utils.h"

#include "bittensor/router/rows.h"

namespace bittensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// One row of one answer.
struct Part {
  std::size_t output;  // which answer
  std::int64_t row;    // of it
  std::int64_t score;  // where its score is
};

// Who answered which row of the batch.
struct Parts : torch::CustomClassHolder {
  std::vector<Part> all;            // by row of the batch
  std::vector<std::int64_t> begin;  // of each row's parts, [batch + 1]
  std::int64_t batch = 0;
  std::int64_t width = 0;  // numbers in a row

  // Calls `work` with ranges of rows, on several threads where it is worth it.
  template <typename Work>
  void for_rows(const Work& work) const {
    constexpr std::int64_t kNumbers = 1 << 15;  // a thread; for less none is woken
    const std::int64_t in_row = width * std::max<std::int64_t>(1, begin[batch] / batch);
    at::parallel_for(0, batch,
                     std::max<std::int64_t>(1, kNumbers / std::max<std::int64_t>(1, in_row)),
                     [&](std::int64_t first, std::int64_t last) {
                       for (std::int64_t row = first; row < last; ++row) work(row);
                     });
  }

  // The scores of a row's parts, in sum.
  float total(std::int64_t row, const float* scores) const {
    float sum = 0;
    for (std::int64_t i = begin[row]; i < begin[row + 1]; ++i) sum += scores[all[i].score];
    return sum;
  }
};

c10::intrusive_ptr<Parts> parts_of(const at::Tensor& scores, const std::vector<at::Tensor>& rows,
                                   const std::vector<std::int64_t>& synapses, std::int64_t width) {
  auto parts = c10::make_intrusive<Parts>();
  parts->batch = scores.size(0);
  parts->width = width;
  std::vector<std::int64_t>& begin = parts->begin;
  begin.assign(parts->batch + 1, 0);
  const auto each = [&](const auto& take) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto* const row = rows[i].data_ptr<std::int64_t>();
      for (std::int64_t j = 0; j < rows[i].numel(); ++j) take(i, j, row[j]);
    }
  };
  each([&](std::size_t /*output*/, std::int64_t /*j*/, std::int64_t row) {
    TORCH_CHECK_INDEX(row >= 0 && row < parts->batch, "row ", row, " of ", parts->batch);
    ++begin[row + 1];
  });
  for (std::int64_t row = 0; row < parts->batch; ++row) begin[row + 1] += begin[row];
  parts->all.resize(begin.back());
  std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
  each([&](std::size_t output, std::int64_t j, std::int64_t row) {
    parts->all[next[row]++] = {output, j, row * scores.size(1) + synapses[output]};
  });
  return parts;
}

std::vector<float*> pointers_to(const variable_list& tensors) {
  std::vector<float*> pointers;
  for (const at::Tensor& tensor : tensors) {
    pointers.push_back(tensor.defined() ? tensor.data_ptr<float>() : nullptr);
  }
  return pointers;
}

constexpr char kParts[] = "parts";

class JoinRows : public torch::autograd::Function<JoinRows> {
 public:
  // `outputs` must be a TensorList: autograd sees no tensors in other containers.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& scores,
                            at::TensorList outputs, const c10::intrusive_ptr<Parts>& parts) {
    variable_list saved = {scores};
    saved.insert(saved.end(), outputs.begin(), outputs.end());
    context->save_for_backward(saved);
    context->saved_data[kParts] = at::IValue::make_capsule(parts);

    at::Tensor joined = torch::empty({parts->batch, parts->width}, torch::kFloat);
    float* const out = joined.data_ptr<float>();
    const float* const score = scores.data_ptr<float>();
    const std::vector<float*> from = pointers_to({outputs.begin(), outputs.end()});
    const std::int64_t width = parts->width;
    parts->for_rows([&](std::int64_t row) {
      const std::int64_t first = parts->begin[row];
      const std::int64_t last = parts->begin[row + 1];
      float* const to = out + row * width;
      if (first == last) return std::fill(to, to + width, 0.0F);
      const float total = std::max(parts->total(row, score), static_cast<float>(kLeastTotal));
      for (std::int64_t i = first; i < last; ++i) {
        const Part& part = parts->all[i];
        const float* const answer = from[part.output] + part.row * width;
        const float weight = score[part.score] / total;
        i == first ? scale_into(to, answer, weight, width) : add_scaled(to, answer, weight, width);
      }
    });
    return joined;
  }

  static variable_list backward(AutogradContext* context, const variable_list& above) {
    const torch::NoGradGuard no_grad;
    const variable_list saved = context->get_saved_variables();
    const auto capsule = context->saved_data.at(kParts).toCapsule();
    const auto& parts = static_cast<const Parts&>(*capsule);
    const std::int64_t width = parts.width;
    const at::Tensor gradient = above[0].contiguous();
    const float* const g = gradient.data_ptr<float>();
    const float* const score = saved[0].data_ptr<float>();

    // Of the scores and each output; of forward()'s last argument none.
    variable_list below(saved.size() + 1);
    if (context->needs_input_grad(0)) below[0] = torch::zeros_like(saved[0]);
    for (std::size_t i = 1; i < saved.size(); ++i) {
      if (context->needs_input_grad(i)) below[i] = torch::empty_like(saved[i]);
    }
    float* const of_scores = below[0].defined() ? below[0].data_ptr<float>() : nullptr;
    const std::vector<float*> from = pointers_to({saved.begin() + 1, saved.end()});
    const std::vector<float*> to = pointers_to({below.begin() + 1, below.end() - 1});
    parts.for_rows([&](std::int64_t row) {
      const float sum = parts.total(row, score);
      const float total = std::max(sum, static_cast<float>(kLeastTotal));
      float mean = 0;  // of the slopes, by weight
      for (std::int64_t i = parts.begin[row]; i < parts.begin[row + 1]; ++i) {
        const Part& part = parts.all[i];
        const float weight = score[part.score] / total;
        if (to[part.output] != nullptr) {
          scale_into(to[part.output] + part.row * width, g + row * width, weight, width);
        }
        if (of_scores == nullptr) continue;
        const float slope = dot(g + row * width, from[part.output] + part.row * width, width);
        of_scores[part.score] = slope / total;
        mean += slope * weight;
      }
      // More of one is less of the others, unless the total is held at the least.
      if (of_scores == nullptr || sum < static_cast<float>(kLeastTotal)) return;
      for (std::int64_t i = parts.begin[row]; i < parts.begin[row + 1]; ++i) {
        of_scores[parts.all[i].score] -= mean / total;
      }
    });
    return below;
  }
};

}  // namespace

bool can_join_rows(const at::Tensor& scores, const std::vector<at::Tensor>& outputs) {
  const auto fits = [](const at::Tensor& tensor) {
    return tensor.device().is_cpu() && tensor.scalar_type() == torch::kFloat;
  };
  return fits(scores) && std::all_of(outputs.begin(), outputs.end(), fits);
}

at::Tensor join_rows(const at::Tensor& scores, const std::vector<at::Tensor>& rows,
                     const std::vector<std::int64_t>& synapses,
                     const std::vector<at::Tensor>& outputs) {
  const std::int64_t width = outputs.front().numel() / outputs.front().size(0);
  variable_list plain;
  for (const at::Tensor& output : outputs) plain.push_back(output.contiguous());
  return JoinRows::apply(scores.contiguous(), at::TensorList(plain),
                         parts_of(scores, rows, synapses, width));
}

}  // namespace bittensor
