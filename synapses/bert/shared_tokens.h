// SPDX-License-Identifier: MIT
#pragma once

#include "synapses/bert/config.h"
#include "text/encoding.h"
#include "text/tokenizer.h"

namespace bittensor {

// Whether a model is told, by a token's type, that the token occurs in both texts of a pair: such a
// model has four types in place of BERT's two.
bool marks_shared_tokens(const BertConfig& config);

// Gives tokens that occur in both texts of a pair the types 2 (in the first) and 3 (in the second)
// in place of 0 and 1; special tokens, [MASK] among them, keep theirs. The words that two texts
// share say most about whether one follows the other; attention finds them only after many more
// steps than a small model has (docs/adr/0009). That a token "exactly matches" one of another text
// is an input of Chen et al. 2017, arXiv:1704.00051, section 3.2, too.
void mark_shared_tokens(BertEncoding& encoding, const BertTokenizer& tokenizer);

}  // namespace bittensor
