// SPDX-License-Identifier: MIT
#include "synapses/bert/length_batches.h"

#include <algorithm>
#include <numeric>

#include "torch/types.h"

namespace bittensor {

std::vector<std::vector<std::size_t>> batches_by_length(absl::Span<const BertEncoding> encodings,
                                                        std::size_t batch) {
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return encodings[a].size() > encodings[b].size();
  });
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += batch) {
    const std::size_t end = std::min(order.size(), begin + batch);
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

BertInput make_padded_input(absl::Span<const BertEncoding> encodings,
                            absl::Span<const std::size_t> indices, std::int64_t pad_id,
                            const torch::Device& device) {
  std::vector<BertEncoding> padded;
  std::size_t longest = 0;
  for (const std::size_t index : indices) longest = std::max(longest, encodings[index].size());
  for (const std::size_t index : indices) {
    padded.push_back(encodings[index]);
    padded.back().pad(longest, pad_id);
  }
  return make_bert_input(padded, device);
}

}  // namespace bittensor
