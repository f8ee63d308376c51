// SPDX-License-Identifier: MIT
#include "text/unicode.h"

#include "unicode/normalizer2.h"
#include "unicode/uchar.h"
#include "unicode/utf8.h"

namespace bittensor::unicode {
namespace {

constexpr int kClassesVersion = 8;
constexpr int kNormalFormVersion = 12;

// Whether `character` was in Unicode `major`.0 already, or in a minor version of it.
bool exists_in(int major, char32_t character) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(character), age);
  return age[0] <= major;
}

bool between(char32_t character, char32_t first, char32_t last) {
  return character >= first && character <= last;
}

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
