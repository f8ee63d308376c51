// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "ATen/core/Tensor.h"

namespace bittensor {

// Keeps the division finite, and its gradient too, for a row whose only answers have a score of
// next to nothing.
inline constexpr double kLeastTotal = 1e-12;

// Whether join_rows() takes these: float32 on the CPU.
bool can_join_rows(const at::Tensor& scores, const std::vector<at::Tensor>& outputs);

// The join of dispatcher.h, [batch, width], in one pass through memory and one node of the graph.
// `rows[i]`: int64 [rows_i] on the CPU, which rows of the batch synapse `synapses[i]` answered,
// once each; `outputs[i]` [rows_i, ...] has `width` numbers a row. Computes with libtorch's
// threads.
at::Tensor join_rows(const at::Tensor& scores, const std::vector<at::Tensor>& rows,
                     const std::vector<std::int64_t>& synapses,
                     const std::vector<at::Tensor>& outputs);

}  // namespace bittensor
