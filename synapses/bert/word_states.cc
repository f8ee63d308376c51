// SPDX-License-Identifier: MIT
#include "synapses/bert/word_states.h"

#include <algorithm>

#include "torch/types.h"

namespace bittensor {

WordStates states_of_words(const torch::Tensor& hidden, absl::Span<const BertEncoding> encodings,
                           std::int64_t positions) {
  const std::int64_t batch = hidden.size(0);
  // What each token is added to; padding, the last [SEP] and words that are left out go to a
  // position that is cut off.
  torch::Tensor targets = torch::empty({batch, hidden.size(1)}, torch::kLong);
  auto* target = targets.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < batch; ++i) {
    const BertEncoding& encoding = encodings[static_cast<std::size_t>(i)];
    for (std::size_t t = 0; t < encoding.size(); ++t) {
      const std::int64_t word = encoding.word_ids[t];
      const std::int64_t position = t == 0     ? 0
                                    : word < 0 ? positions
                                               : std::min(word + 1, positions);
      *target++ = i * (positions + 1) + position;
    }
  }
  targets = targets.flatten().to(hidden.device());
  const std::int64_t rows = batch * (positions + 1);
  const torch::Tensor sum = torch::zeros({rows, hidden.size(2)}, hidden.options())
                                .index_add(0, targets, hidden.flatten(0, 1));
  const torch::Tensor pieces =
      torch::zeros({rows, 1}, hidden.options())
          .index_add(0, targets, torch::ones({targets.size(0), 1}, hidden.options()));
  const auto kept = [&](const torch::Tensor& tensor) {
    return tensor.view({batch, positions + 1, -1}).narrow(1, 0, positions);
  };
  return {kept(sum / pieces.clamp_min(1)), kept(pieces).clamp_max(1)};
}

std::int64_t answer_length(const BertEncoding& encoding) {
  std::int64_t last = -1;
  for (const std::int64_t word : encoding.word_ids) last = std::max(last, word);
  return last + 2;
}

}  // namespace bittensor
