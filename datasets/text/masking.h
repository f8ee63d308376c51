// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "text/encoding.h"
#include "text/tokenizer.h"

namespace bittensor {

// Tokens that a model is to guess, and what it reads in their place.
struct MaskedTokens {
  std::vector<std::int64_t> ids;     // what is read
  std::vector<std::int64_t> labels;  // the hidden tokens, kBertIgnored for all others
};

// Of Devlin et al. 2018, arXiv:1810.04805, section 3.1.
struct MaskingOptions {
  double chosen = 0.15;  // of the tokens; at least one, if there is any
  double masked = 0.8;   // of the chosen: read as the mask token
  double random = 0.1;   // of the chosen: read as a token drawn at random; the others as they are
};

// Hides tokens of `encoding`; never a special token, and none is drawn in a token's place. The
// same `random` gives the same choice on every machine.
MaskedTokens mask_tokens(const BertEncoding& encoding, const BertTokenizer& tokenizer,
                         std::mt19937_64& random, const MaskingOptions& options = {});

// What others are asked about a masked text or pair of texts, and at which position of an
// answer each token is answered (BertSynapse).
struct MaskedQuestion {
  std::string text;                     // "first [SEP] second", or the only text
  std::vector<std::int64_t> positions;  // per token; 0 for added tokens
};

// `encoding` is that of `first` or of `first` and `second`, `ids` what is read for it. Bytes of
// tokens that were hidden become those that are read; all others, up to the last token that
// `encoding` kept, stay as they are.
MaskedQuestion masked_question(absl::string_view first, absl::string_view second,
                               const BertEncoding& encoding, const std::vector<std::int64_t>& ids,
                               const BertTokenizer& tokenizer);

}  // namespace bittensor
