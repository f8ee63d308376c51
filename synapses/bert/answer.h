// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "synapses/bert/text_model.h"

namespace bittensor {

// A part of a text that answers a question.
struct TextAnswer {
  double score = 0;  // the probability of its first token times that of its last
  TextRange range;   // bytes of the text
  std::string text;
};

struct AnswerOptions {
  std::size_t limit = 1;        // answers, best first
  std::size_t batch = 32;       // windows of the text that are computed together
  std::size_t max_tokens = 15;  // of an answer
  // How many tokens two windows of a long text have in common.
  std::size_t overlap = 128;
};

// What `text`, however long, says about `question`. kInvalidArgument if one of them has no word, or
// the question leaves no room for the text. `model` is of BertTask::kQuestionAnswering.
absl::StatusOr<std::vector<TextAnswer>> answer_question(TextModel& model,
                                                        absl::string_view question,
                                                        absl::string_view text,
                                                        const AnswerOptions& options);

}  // namespace bittensor
