// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "synapses/bert/text_model.h"

namespace bittensor {

// What a classifier thinks of a text.
struct TextLabel {
  std::string label;  // as config.json names it
  // A probability: of all labels together 1, or of each for itself where a text may have several.
  // The number itself where the model was trained to say one.
  double score = 0;
};

// For each of `texts`, `batch` of them computed together, its labels, most likely first. A text is
// one, or two: a pair, of which the second may be empty. `model` is of BertTask::kClassification.
std::vector<std::vector<TextLabel>> classify_texts(
    TextModel& model, absl::Span<const std::pair<std::string, std::string>> texts,
    std::size_t batch = 32);

}  // namespace bittensor
