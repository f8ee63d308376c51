// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "text/encoding.h"

namespace bittensor {

// A word as WordPiece takes it.
struct BertWord {
  std::string text;               // normalized UTF-8
  std::vector<TextRange> source;  // for each byte of `text`: the source character it stands for
  std::size_t characters = 0;
  TextRange range;  // of the whole word in the source
};

// A text as words are cut from it, where that has to be seen as a whole.
struct NormalizedText {
  std::string text;               // UTF-8; white space is one ' ' each
  std::vector<TextRange> source;  // for each byte of `text`
};

// Cuts any bytes into words, as BERT's "basic tokenizer" does: cleans, puts spaces around
// ideographs, strips accents, lower-cases, splits at white space, and makes each punctuation
// character a word of its own. Immutable; thread-safe.
class WordSplitter {
 public:
  struct Options {
    bool clean = true;  // leave out control characters, U+FFFD and the like
    bool lowercase = true;
    bool strip_accents = true;
    bool split_chinese = true;
    // Of a longer word only one character more than this is kept in BertWord::text.
    std::size_t max_characters = 100;
  };

  explicit WordSplitter(Options options);

  const Options& options() const { return options_; }

  // Calls `sink` with the words of `text` in their order until it returns false. The word
  // given is valid only during the call.
  void split(absl::string_view text, absl::FunctionRef<bool(const BertWord&)> sink) const;

  // The first half of split(), and the second one for bytes [begin, end) of its result.
  NormalizedText normalize(absl::string_view text) const;
  void split(const NormalizedText& normalized, TextRange part,
             absl::FunctionRef<bool(const BertWord&)> sink) const;

 private:
  class WordMaker;
  class TextMaker;
  template <typename Maker>
  class Pass;

  enum class Kind : std::uint8_t { kDrop, kNothing, kSpace, kPunctuation, kLetter, kSlow };

  // What one character becomes, where that does not depend on its neighbours. kDrop is as if it
  // were not there; kNothing becomes nothing, but keeps marks before and after it apart.
  struct Entry {
    Kind kind = Kind::kSlow;
    std::uint8_t length = 0;
    char bytes[4] = {};
  };

  // Characters below have their entry in the table: Latin to Indic scripts and the typographic
  // punctuation, so that common text needs no call of ICU.
  static constexpr char32_t kTableSize = 0x3000;

  Entry entry(char32_t character) const;
  bool drops(char32_t character) const;
  // Whether `character` becomes a part of no word once it is decomposed.
  bool strips(char32_t character) const;
  // In lower case, if the options say so: one character, or two.
  void append_cased(char32_t character, std::u32string& result) const;

  Options options_;
  std::vector<Entry> table_;
};

}  // namespace bittensor
