// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "synapses/bert/bert_synapse.h"

namespace bittensor {

// A token that may stand where a text has a mask.
struct MaskGuess {
  std::string token;
  double probability = 0;
  std::string text;  // with the token in the mask's place, as the tokenizer decodes it
};

// What a model does not read of a text because it takes no more tokens.
struct UnreadText {
  std::size_t tokens_read = 0;
  std::size_t bytes_read = 0;
  absl::string_view text;  // the rest; empty: everything is read
};
UnreadText unread(const BertSynapse& synapse, absl::string_view text);

// For each mask token of `text` the `limit` likeliest tokens, likeliest first. A pair of texts has
// a separator between. kInvalidArgument if there is no mask in as much as the model reads: where
// the text is too long, it says how much that was.
absl::StatusOr<std::vector<std::vector<MaskGuess>>> fill_mask(BertSynapse& synapse,
                                                              const std::string& text,
                                                              std::int64_t limit = 5);

// The text as one vector: the pooler's output, [hidden_size] in (-1, 1).
std::vector<float> embed_text(BertSynapse& synapse, const std::string& text);

}  // namespace bittensor
