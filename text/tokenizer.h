// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "text/added_tokens.h"
#include "text/encoding.h"
#include "text/vocabulary.h"
#include "text/word_splitter.h"

namespace bittensor {

// Text to the ids that a BERT reads, and back: what Hugging Face's BertTokenizerFast does, id by
// id. Takes any bytes; what is not UTF-8 is dropped, as U+FFFD is. The names of special and of
// added tokens in a text stand for those tokens. Immutable; thread-safe.
class BertTokenizer {
 public:
  // Named and defaulted as in Hugging Face's tokenizer_config.json.
  struct Options {
    bool do_lower_case = true;
    bool tokenize_chinese_chars = true;
    std::optional<bool> strip_accents;           // as do_lower_case if unset
    bool clean_text = true;                      // leave out control characters
    std::size_t max_input_chars_per_word = 100;  // a longer word is unk_token
    std::string unk_token = "[UNK]";
    std::string sep_token = "[SEP]";
    std::string pad_token = "[PAD]";
    std::string cls_token = "[CLS]";
    std::string mask_token = "[MASK]";  // the only one that a vocabulary may lack
    // Beside the special tokens above, or one of them with other rules.
    std::vector<AddedToken> added_tokens;
    std::optional<std::size_t> model_max_length;  // in tokens; a hint, which encoding ignores
  };

  struct EncodeOptions {
    bool add_special_tokens = true;
    // Cuts, longest text first, to this many tokens, special ones included; those are never cut.
    std::optional<std::size_t> max_length;
  };

  // kInvalidArgument if the vocabulary lacks a special token or an added one.
  static absl::StatusOr<BertTokenizer> create(BertVocabulary vocabulary, Options options);

  // From a folder or a file of its own; see tokenizer_files.h.
  static absl::StatusOr<BertTokenizer> load(const std::string& path);

  // [CLS] text [SEP]
  BertEncoding encode(absl::string_view text, const EncodeOptions& options) const;
  BertEncoding encode(absl::string_view text) const { return encode(text, {}); }

  // [CLS] first [SEP] second [SEP]
  BertEncoding encode_pair(absl::string_view first, absl::string_view second,
                           const EncodeOptions& options) const;

  // Each text alone, all padded to the longest.
  std::vector<BertEncoding> encode_batch(absl::Span<const std::string> texts,
                                         const EncodeOptions& options) const;

  // Joins pieces to words and words with spaces, none before . , ! ?; ids that the vocabulary lacks
  // are left out. Case, accents and the spaces of the text do not come back.
  std::string decode(absl::Span<const std::int64_t> ids, bool skip_special_tokens) const;

  const BertVocabulary& vocabulary() const { return vocabulary_; }
  const Options& options() const { return options_; }
  // Those of the options and the special tokens, by their ids.
  std::vector<AddedToken> added_tokens() const;
  std::int64_t unk_id() const { return special_ids_[kUnk]; }
  std::int64_t sep_id() const { return special_ids_[kSep]; }
  std::int64_t pad_id() const { return special_ids_[kPad]; }
  std::int64_t cls_id() const { return special_ids_[kCls]; }
  std::int64_t mask_id() const { return special_ids_[kMask]; }  // -1 without
  // Whether decoding leaves it out where it is told to.
  bool is_special(std::int64_t id) const { return all_special_.contains(id); }

 private:
  enum Special { kUnk, kSep, kPad, kCls, kMask, kSpecials };

  struct Token {
    std::int64_t id = 0;
    TextRange offset;
    std::int64_t word = 0;
  };
  BertTokenizer(BertVocabulary vocabulary, Options options);

  // The number of the word that comes after `tokens`.
  static std::int64_t next_word(const std::vector<Token>& tokens) {
    return tokens.empty() ? 0 : tokens.back().word + 1;
  }

  // The tokens of `text`, at most `limit`.
  std::vector<Token> tokens(absl::string_view text, std::size_t limit) const;
  // The same for a part of a text between tokens that are looked for in the text as it is, which
  // starts at byte `base`.
  void append_tokens(absl::string_view part, std::size_t base, std::size_t limit,
                     std::vector<Token>& tokens) const;
  void append_word(const BertWord& word, std::size_t base,
                   std::vector<BertVocabulary::Piece>& pieces, std::vector<Token>& tokens) const;
  AddedTokenFinder finder(bool normalized) const;

  BertVocabulary vocabulary_;
  Options options_;
  WordSplitter splitter_;
  std::int64_t special_ids_[kSpecials] = {};
  absl::flat_hash_set<std::int64_t> all_special_;
  AddedTokenFinder in_text_;        // tokens that are looked for in the text as it is
  AddedTokenFinder in_normalized_;  // and those in the normalized one
};

}  // namespace bittensor
