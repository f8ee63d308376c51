// SPDX-License-Identifier: MIT
#include "text/unicode.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "unicode/normalizer2.h"
#include "unicode/uchar.h"
#include "unicode/utf8.h"

namespace bittensor::unicode {
namespace {

constexpr int kClassesVersion = 8;
constexpr int kNormalFormVersion = 9;

// Whether `character` was in Unicode `major`.0 already, or in a minor version of it.
bool exists_in(int major, char32_t character) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(character), age);
  return age[0] <= major;
}

bool between(char32_t character, char32_t first, char32_t last) {
  return character >= first && character <= last;
}

// Letters, marks and digits of Unicode 16, which the reference's regular expressions know and an
// older ICU does not.
constexpr std::pair<char32_t, char32_t> kNewWords[] = {
    {0x897, 0x897},     {0x1C89, 0x1C8A},   {0xA7CC, 0xA7CD},   {0xA7DA, 0xA7DB},
    {0x105C0, 0x105F3}, {0x10D40, 0x10D65}, {0x10D69, 0x10D6D}, {0x10D6F, 0x10D85},
    {0x10EC2, 0x10EC4}, {0x10EFC, 0x10EFC}, {0x11380, 0x11389}, {0x1138B, 0x1138B},
    {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113C0}, {0x113C2, 0x113C2},
    {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D3}, {0x113E1, 0x113E2},
    {0x116D0, 0x116E3}, {0x11BC0, 0x11BE0}, {0x11BF0, 0x11BF9}, {0x11F5A, 0x11F5A},
    {0x13460, 0x143FA}, {0x16100, 0x16139}, {0x16D40, 0x16D6C}, {0x16D70, 0x16D79},
    {0x18CFF, 0x18CFF}, {0x1CCF0, 0x1CCF9}, {0x1E5D0, 0x1E5FA}, {0x2EBF0, 0x2EE5D}};

const icu::Normalizer2& nfd() {
  static const icu::Normalizer2* const normalizer = [] {
    UErrorCode error = U_ZERO_ERROR;
    return icu::Normalizer2::getNFDInstance(error);
  }();
  return *normalizer;
}

}  // namespace

Decoded decode_utf8(absl::string_view text, std::size_t at) {
  std::size_t end = at;
  UChar32 character = 0;
  U8_NEXT_OR_FFFD(text.data(), end, text.size(), character);
  return {static_cast<char32_t>(character), end - at};
}

Decoded decode_last_utf8(absl::string_view text) {
  const absl::string_view tail =
      text.substr(text.size() - std::min<std::size_t>(text.size(), U8_MAX_LENGTH));
  const auto end = static_cast<std::int32_t>(tail.size());
  std::int32_t begin = end;
  UChar32 character = 0;
  U8_PREV_OR_FFFD(tail.data(), 0, begin, character);
  return {static_cast<char32_t>(character), static_cast<std::size_t>(end - begin)};
}

void append_utf8(char32_t character, std::string& text) {
  char bytes[U8_MAX_LENGTH];
  std::size_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, character);
  text.append(bytes, length);
}

bool is_utf8(absl::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    UChar32 character = 0;
    U8_NEXT(text.data(), at, text.size(), character);
    if (character < 0) return false;
  }
  return true;
}

bool is_dropped(char32_t character) {
  if (character == '\t' || character == '\n' || character == '\r') return false;
  if (character == 0 || character == 0xFFFD) return true;
  switch (u_charType(static_cast<UChar32>(character))) {
    case U_CONTROL_CHAR:
    case U_PRIVATE_USE_CHAR:
      return true;
    case U_FORMAT_CHAR:
      return exists_in(kClassesVersion, character);
    default:
      return false;
  }
}

bool is_space(char32_t character) {
  return u_isUWhiteSpace(static_cast<UChar32>(character));
}

bool is_word(char32_t character) {
  const auto c = static_cast<UChar32>(character);
  for (const auto& [first, last] : kNewWords) {
    if (between(character, first, last)) return true;
  }
  return u_isUAlphabetic(c) || character == 0x200C || character == 0x200D ||
         (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

bool is_punctuation(char32_t character) {
  if (character < 0x80) {
    return between(character, '!', '/') || between(character, ':', '@') ||
           between(character, '[', '`') || between(character, '{', '~');
  }
  // Symbol and mark of today that Unicode 8 called punctuation.
  if (character == 0x166D || character == 0x111C9) return true;
  return u_ispunct(static_cast<UChar32>(character)) && exists_in(kClassesVersion, character);
}

bool is_chinese(char32_t character) {
  // The gap from 2B820 to 2B91F is the reference's.
  return between(character, 0x4E00, 0x9FFF) || between(character, 0x3400, 0x4DBF) ||
         between(character, 0x20000, 0x2A6DF) || between(character, 0x2A700, 0x2B81F) ||
         between(character, 0x2B920, 0x2CEAF) || between(character, 0xF900, 0xFAFF) ||
         between(character, 0x2F800, 0x2FA1F);
}

bool is_accent(char32_t character) {
  switch (character) {
    case 0x1734:  // Mn then, Mc now
      return true;
    case 0x1885:  // Mn now, something else then
    case 0x1886:
    case 0xA9BD:
    case 0x111C9:
      return false;
    default:
      return u_charType(static_cast<UChar32>(character)) == U_NON_SPACING_MARK &&
             exists_in(kClassesVersion, character);
  }
}

char32_t to_lower(char32_t character) {
  // Capitals of Unicode 16 and 17, which the reference knows and an older ICU does not.
  if (between(character, 0x10D50, 0x10D65)) return character + 0x20;
  if (between(character, 0x16EA0, 0x16EB8)) return character + 0x1B;
  switch (character) {
    case 0x1C89:
    case 0xA7CC:
    case 0xA7CE:
    case 0xA7D2:
    case 0xA7D4:
    case 0xA7DA:
      return character + 1;
    case 0xA7CB:
      return 0x264;
    case 0xA7DC:
      return 0x19B;
    case 0x130:
      return character;
    default:
      return static_cast<char32_t>(u_tolower(static_cast<UChar32>(character)));
  }
}

int combining_class(char32_t character) {
  const int found = u_getCombiningClass(static_cast<UChar32>(character));
  return found != 0 && exists_in(kNormalFormVersion, character) ? found : 0;
}

std::u32string decompose(char32_t character) {
  icu::UnicodeString parts;
  if (!nfd().getDecomposition(static_cast<UChar32>(character), parts) ||
      !exists_in(kNormalFormVersion, character)) {
    return {character};
  }
  std::u32string decomposed;
  for (int at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
    decomposed.push_back(static_cast<char32_t>(parts.char32At(at)));
  }
  return decomposed;
}

}  // namespace bittensor::unicode
