// SPDX-License-Identifier: MIT
#include "bittensor/base/abbreviated.h"

#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

// Whether a character begins at `text[at]`, not in its middle.
bool is_boundary(absl::string_view text, std::size_t at) {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}

}  // namespace

std::string abbreviated(absl::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  constexpr std::size_t kLongestCharacter = 4;
  std::size_t begin = limit / 2;
  std::size_t end = text.size() - limit / 2;
  for (std::size_t i = 0; i < kLongestCharacter && begin > 0 && !is_boundary(text, begin); ++i) {
    --begin;
  }
  for (std::size_t i = 0; i < kLongestCharacter && !is_boundary(text, end); ++i) ++end;
  return absl::StrCat(text.substr(0, begin), " … ", end - begin, " bytes … ", text.substr(end));
}

}  // namespace bittensor
