// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// Characters as BERT's tokenizers see them. The reference implementation (Hugging Face's
// tokenizers library) froze its character classes at Unicode 8 and its normal form at
// Unicode 9; ids of trained models depend on both, so a newer ICU must not change them.
namespace bittensor::unicode {

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0;  // in bytes, at least 1
};

// The character at text[at], at < text.size(). Bytes that are not UTF-8 read as U+FFFD, one for
// each maximal part of a sequence (The Unicode Standard, 3.9, "Substitution of Maximal Subparts").
Decoded decode_utf8(absl::string_view text, std::size_t at);

// The last character of `text`, which is not empty.
Decoded decode_last_utf8(absl::string_view text);

// `character` must be a Unicode scalar value.
void append_utf8(char32_t character, std::string& text);

bool is_utf8(absl::string_view text);

// What cleaning throws away: NUL, U+FFFD, control, format and private-use characters, except
// tab, newline and carriage return.
bool is_dropped(char32_t character);

bool is_space(char32_t character);

// What regular expressions call \w: letters, marks, digits, connecting punctuation and joiners.
bool is_word(char32_t character);

// All ASCII that is neither letter, digit, space nor control, and category P elsewhere.
bool is_punctuation(char32_t character);

// Ideographs, which are words of their own; not kana, not hangul.
bool is_chinese(char32_t character);

// Category Mn: what accent stripping takes away after decomposition.
bool is_accent(char32_t character);

// Simple lower case, whatever its neighbours: capital sigma is always U+03C3. U+0130 has no
// simple form and stays.
char32_t to_lower(char32_t character);

// Canonical_Combining_Class; 0 for a base character.
int combining_class(char32_t character);

// Full canonical decomposition (NFD) of one character, itself if it has none.
std::u32string decompose(char32_t character);

}  // namespace bittensor::unicode
