// SPDX-License-Identifier: MIT
#include "text/vocabulary.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "text/unicode.h"

#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr absl::string_view kContinuation = "##";
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

absl::StatusOr<BertVocabulary> BertVocabulary::parse(absl::string_view text) {
  BertVocabulary vocabulary;
  text = absl::StripSuffix(text, "\n");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (!unicode::is_utf8(line)) {
      return absl::InvalidArgumentError(
          absl::StrCat("vocabulary: line ", vocabulary.size() + 1, " is not UTF-8"));
    }
    vocabulary.tokens_.emplace_back(line);
  }
  for (std::size_t i = 0; i < vocabulary.tokens_.size(); ++i) {
    const absl::string_view token = vocabulary.tokens_[i];
    const auto id = static_cast<std::int64_t>(i);
    vocabulary.longest_ = std::max(vocabulary.longest_, token.size());
    vocabulary.starts_.insert_or_assign(token, id);
    if (absl::StartsWith(token, kContinuation)) {
      vocabulary.continuations_.insert_or_assign(token.substr(kContinuation.size()), id);
    }
  }
  return vocabulary;
}

absl::StatusOr<BertVocabulary> BertVocabulary::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError(absl::StrCat("vocabulary: cannot open ", path));
  const std::streamoff size = file.tellg();
  if (size < 0 || static_cast<std::size_t>(size) > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat("vocabulary: ", path, " has ", size,
                                                   " bytes, at most ", kMaxFileBytes, " are read"));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) {
    return absl::DataLossError(absl::StrCat("vocabulary: cannot read ", path));
  }
  return parse(text);
}

std::optional<std::int64_t> BertVocabulary::id(absl::string_view token) const {
  const auto found = starts_.find(token);
  if (found == starts_.end()) return std::nullopt;
  return found->second;
}

absl::string_view BertVocabulary::token(std::int64_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) return {};
  return tokens_[static_cast<std::size_t>(id)];
}

bool BertVocabulary::split(absl::string_view word, std::vector<Piece>& pieces) const {
  pieces.clear();
  const Ids* ids = &starts_;
  for (std::size_t begin = 0; begin < word.size(); ids = &continuations_) {
    std::size_t end = std::min(word.size(), begin + longest_);
    Ids::const_iterator found = ids->end();
    for (; end > begin; --end) {
      if (end < word.size() && continues_character(word[end])) continue;
      found = ids->find(word.substr(begin, end - begin));
      if (found != ids->end()) break;
    }
    if (end == begin) {
      pieces.clear();
      return false;
    }
    pieces.push_back({found->second, end});
    begin = end;
  }
  return true;
}

}  // namespace bittensor
