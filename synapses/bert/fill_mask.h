// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "synapses/bert/text_model.h"

namespace bittensor {

// A token that may stand where a text has a mask.
struct MaskGuess {
  std::string token;
  double probability = 0;
  std::string text;  // with the token in the mask's place, as the tokenizer decodes it
};

// For each mask of a text the likeliest tokens, likeliest first.
using MaskGuesses = std::vector<std::vector<MaskGuess>>;

// For each of `texts`, `batch` of them computed together, the `limit` likeliest tokens for each
// mask token. kInvalidArgument for a text without a mask in as much as the model reads: where the
// text is too long, it says how much that was. `model` is of BertTask::kMaskedWords.
std::vector<absl::StatusOr<MaskGuesses>> fill_masks(TextModel& model,
                                                    absl::Span<const std::string> texts,
                                                    std::int64_t limit, std::size_t batch = 32);

}  // namespace bittensor
