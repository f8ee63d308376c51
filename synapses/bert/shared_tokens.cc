// SPDX-License-Identifier: MIT
#include "synapses/bert/shared_tokens.h"

#include <array>

#include "absl/container/flat_hash_set.h"

namespace bittensor {

bool marks_shared_tokens(const BertConfig& config) {
  return config.type_vocab_size == 4;
}

void mark_shared_tokens(BertEncoding& encoding, const BertTokenizer& tokenizer) {
  std::array<absl::flat_hash_set<std::int64_t>, 2> tokens;  // of each text
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    if (tokenizer.is_special(encoding.ids[t])) continue;
    tokens[encoding.type_ids[t] == 0 ? 0 : 1].insert(encoding.ids[t]);
  }
  for (std::size_t t = 0; t < encoding.size(); ++t) {
    const auto& others = tokens[encoding.type_ids[t] == 0 ? 1 : 0];
    if (others.contains(encoding.ids[t])) encoding.type_ids[t] += 2;
  }
}

}  // namespace bittensor
