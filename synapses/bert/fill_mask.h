// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "synapses/bert/bert_synapse.h"

namespace bittensor {

// A token that may stand where a text has a mask.
struct MaskGuess {
  std::string token;
  double probability = 0;
  std::string text;  // with the token in the mask's place, as the tokenizer decodes it
};

// For each mask token of `text` the `most` likeliest tokens, likeliest first. A pair of texts has a
// separator between. kInvalidArgument if there is no mask in as much as the model reads.
absl::StatusOr<std::vector<std::vector<MaskGuess>>> fill_mask(BertSynapse& synapse,
                                                              const std::string& text,
                                                              std::int64_t most = 5);

// The text as one vector: the pooler's output, [hidden_size] in (-1, 1).
std::vector<float> embed_text(BertSynapse& synapse, const std::string& text);

}  // namespace bittensor
