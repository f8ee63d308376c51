// SPDX-License-Identifier: MIT
#include "text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "text/unicode.h"

namespace bittensor {
namespace {

bool ends_with_word(absl::string_view text) {
  return !text.empty() && unicode::is_word(unicode::decode_last_utf8(text).character);
}

bool starts_with_word(absl::string_view text) {
  return !text.empty() && unicode::is_word(unicode::decode_utf8(text, 0).character);
}

std::size_t spaces_before(absl::string_view text, std::size_t end) {
  while (end > 0) {
    const unicode::Decoded last = unicode::decode_last_utf8(text.substr(0, end));
    if (!unicode::is_space(last.character)) break;
    end -= last.length;
  }
  return end;
}

std::size_t spaces_behind(absl::string_view text, std::size_t begin) {
  while (begin < text.size()) {
    const unicode::Decoded next = unicode::decode_utf8(text, begin);
    if (!unicode::is_space(next.character)) break;
    begin += next.length;
  }
  return begin;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<Target> targets) {
  for (Target& target : targets) {
    starts_[static_cast<unsigned char>(target.text.front())] = true;
    lengths_.push_back(target.text.size());
    std::string text = target.text;
    targets_.insert_or_assign(std::move(text), std::move(target));
  }
  std::sort(lengths_.rbegin(), lengths_.rend());
  lengths_.erase(std::unique(lengths_.begin(), lengths_.end()), lengths_.end());
}

const AddedTokenFinder::Target* AddedTokenFinder::longest_at(absl::string_view text,
                                                             std::size_t at) const {
  if (!starts_[static_cast<unsigned char>(text[at])]) return nullptr;
  for (const std::size_t length : lengths_) {
    if (length > text.size() - at) continue;
    const auto found = targets_.find(text.substr(at, length));
    if (found != targets_.end()) return &found->second;
  }
  return nullptr;
}

void AddedTokenFinder::split(absl::string_view text,
                             absl::FunctionRef<bool(TextRange, const Target*)> sink) const {
  std::size_t told = 0;  // up to here
  for (std::size_t at = 0; at < text.size() && !targets_.empty();) {
    const Target* found = longest_at(text, at);
    if (found == nullptr) {
      ++at;
      continue;
    }
    TextRange range{at, at + found->text.size()};
    at = range.end;
    const AddedToken& token = found->token;
    if (token.single_word &&
        (ends_with_word(text.substr(0, range.begin)) || starts_with_word(text.substr(range.end)))) {
      continue;
    }
    if (token.lstrip) range.begin = spaces_before(text, range.begin);
    if (token.rstrip) range.end = spaces_behind(text, range.end);
    range.begin = std::max(range.begin, told);  // the token before may have taken the spaces
    if (range.begin >= range.end) continue;
    if (told < range.begin && !sink({told, range.begin}, nullptr)) return;
    if (!sink(range, found)) return;
    told = range.end;
  }
  if (told < text.size()) sink({told, text.size()}, nullptr);
}

}  // namespace bittensor
