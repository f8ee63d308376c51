// SPDX-License-Identifier: MIT
#include "synapses/bert/length_batches.h"

#include <algorithm>
#include <numeric>

#include "torch/types.h"

namespace bittensor {

namespace {

// Longest first.
std::vector<std::size_t> order_of(absl::Span<const BertEncoding> encodings) {
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return encodings[a].size() > encodings[b].size();
  });
  return order;
}

}  // namespace

std::vector<std::vector<std::size_t>> batches_by_length(absl::Span<const BertEncoding> encodings,
                                                        std::size_t batch) {
  const std::vector<std::size_t> order = order_of(encodings);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += batch) {
    const std::size_t end = std::min(order.size(), begin + batch);
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

std::vector<std::vector<std::size_t>> batches_of_tokens(absl::Span<const BertEncoding> encodings,
                                                        std::size_t tokens) {
  std::vector<std::vector<std::size_t>> batches;
  for (const std::size_t index : order_of(encodings)) {
    // The first of a batch is its longest.
    if (batches.empty() ||
        (batches.back().size() + 1) * encodings[batches.back().front()].size() > tokens) {
      batches.emplace_back();
    }
    batches.back().push_back(index);
  }
  return batches;
}

torch::Tensor index_of(absl::Span<const std::size_t> indices) {
  return torch::tensor(std::vector<std::int64_t>(indices.begin(), indices.end()));
}

std::vector<BertEncoding> padded(absl::Span<const BertEncoding> encodings,
                                 absl::Span<const std::size_t> indices, std::int64_t pad_id) {
  std::vector<BertEncoding> padded;
  std::size_t longest = 0;
  for (const std::size_t index : indices) longest = std::max(longest, encodings[index].size());
  for (const std::size_t index : indices) {
    padded.push_back(encodings[index]);
    padded.back().pad(longest, pad_id);
  }
  return padded;
}

BertInput make_padded_input(absl::Span<const BertEncoding> encodings,
                            absl::Span<const std::size_t> indices, std::int64_t pad_id,
                            const torch::Device& device) {
  return make_bert_input(padded(encodings, indices, pad_id), device);
}

}  // namespace bittensor
