// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ATen/core/Tensor.h"
#include "absl/types/span.h"
#include "text/encoding.h"

namespace bittensor {

// Hidden states as neurons count a text's positions: 0 stands for the whole text and has the state
// of the first token, 1 + i for its word i and has the mean over the word's pieces.
struct WordStates {
  at::Tensor states;  // [batch, positions, hidden]; zeros where a text has no more words
  at::Tensor known;   // [batch, positions, 1]: 1, and 0 there
};

// Of encodings of one length, whose hidden states are `hidden` [batch, sequence, hidden]. Words
// from `positions` - 1 on are left out.
WordStates states_of_words(const at::Tensor& hidden, absl::Span<const BertEncoding> encodings,
                           std::int64_t positions);

// How many positions an answer to a text of these tokens has.
std::int64_t answer_length(const BertEncoding& encoding);

}  // namespace bittensor
