// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "synapses/bert/model.h"
#include "text/encoding.h"

namespace bittensor {

// Which of `encodings` are computed together, by their index: `batch` at the most, of like length,
// so that there is next to nothing to pad. The longest come first: whoever runs out of memory does
// so at once.
std::vector<std::vector<std::size_t>> batches_by_length(absl::Span<const BertEncoding> encodings,
                                                        std::size_t batch);

// The same with as many together as are `tokens` with their padding, at the least one: bounds the
// memory of a pass.
std::vector<std::vector<std::size_t>> batches_of_tokens(absl::Span<const BertEncoding> encodings,
                                                        std::size_t tokens);

// `indices` as a tensor, int64.
torch::Tensor index_of(absl::Span<const std::size_t> indices);

// Those of `encodings` that `indices` name, padded to the longest of them.
std::vector<BertEncoding> padded(absl::Span<const BertEncoding> encodings,
                                 absl::Span<const std::size_t> indices, std::int64_t pad_id);
BertInput make_padded_input(absl::Span<const BertEncoding> encodings,
                            absl::Span<const std::size_t> indices, std::int64_t pad_id,
                            const torch::Device& device);

}  // namespace bittensor
