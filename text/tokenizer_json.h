// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"
#include "text/tokenizer.h"

// tokenizer.json: what Hugging Face's `tokenizers` library writes of a whole tokenizer.
namespace bittensor {

// A tokenizer before it is made: what tokenizer_config.json says may change its options.
struct TokenizerParts {
  std::vector<BertVocabulary::Entry> entries;
  BertTokenizer::Options options;
};

// Reads the content of a tokenizer.json of BERT's kind: WordPiece, BertNormalizer,
// BertPreTokenizer, and a template that makes [CLS] A [SEP] and [CLS] A [SEP] B [SEP]. Its
// truncation and padding are ignored. kInvalidArgument, with what is not BERT's, for others.
// Takes memory in proportion to `json`, and refuses more than two million tokens.
absl::StatusOr<TokenizerParts> parse_tokenizer_json(absl::string_view json);

// An entry of "added_tokens" there, or of "added_tokens_decoder" in tokenizer_config.json. Without
// content if `token` is neither.
AddedToken parse_added_token(const nlohmann::json& token);

// The whole of `tokenizer` as such a file.
std::string tokenizer_json(const BertTokenizer& tokenizer);

}  // namespace bittensor
