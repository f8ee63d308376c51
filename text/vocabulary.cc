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

#include "bittensor/base/abbreviated.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

constexpr absl::string_view kContinuation = "##";
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxFewGaps = 1000;  // between ids, however few tokens there are

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

absl::StatusOr<BertVocabulary> BertVocabulary::create(std::vector<Entry> entries) {
  BertVocabulary vocabulary;
  const std::size_t most = 2 * entries.size() + kMaxFewGaps;
  std::size_t size = 0;
  for (const Entry& entry : entries) {
    if (entry.id < 0 || static_cast<std::size_t>(entry.id) >= most) {
      return absl::InvalidArgumentError(absl::StrCat("vocabulary: ", abbreviated(entry.token, 80),
                                                     " has id ", entry.id, " of ", entries.size(),
                                                     " tokens"));
    }
    size = std::max(size, static_cast<std::size_t>(entry.id) + 1);
  }
  vocabulary.tokens_.resize(size);
  for (Entry& entry : entries) {
    std::string& token = vocabulary.tokens_[static_cast<std::size_t>(entry.id)];
    if (!token.empty() && token != entry.token) {
      return absl::InvalidArgumentError(absl::StrCat("vocabulary: ", abbreviated(token, 80),
                                                     " and ", abbreviated(entry.token, 80),
                                                     " have the same id, ", entry.id));
    }
    token = std::move(entry.token);
  }
  vocabulary.starts_.reserve(size);
  for (const Entry& entry : entries) {
    if (!entry.piece) continue;
    const absl::string_view token = vocabulary.tokens_[static_cast<std::size_t>(entry.id)];
    vocabulary.longest_ = std::max(vocabulary.longest_, token.size());
    vocabulary.starts_.insert_or_assign(token, entry.id);
    if (absl::StartsWith(token, kContinuation)) {
      vocabulary.continuations_.insert_or_assign(token.substr(kContinuation.size()), entry.id);
    }
  }
  for (const Entry& entry : entries) {
    if (entry.piece) continue;
    const absl::string_view token = vocabulary.tokens_[static_cast<std::size_t>(entry.id)];
    const std::int64_t known = vocabulary.id(token).value_or(entry.id);
    if (known != entry.id) {
      return absl::InvalidArgumentError(absl::StrCat("vocabulary: ", abbreviated(token, 80),
                                                     " has two ids, ", known, " and ", entry.id));
    }
    if (!vocabulary.is_piece(token)) vocabulary.added_.insert_or_assign(token, entry.id);
  }
  return vocabulary;
}

absl::StatusOr<std::vector<BertVocabulary::Entry>> BertVocabulary::entries_of(
    absl::string_view text) {
  std::vector<Entry> entries;
  text = absl::StripSuffix(text, "\n");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (!unicode::is_utf8(line)) {
      return absl::InvalidArgumentError(
          absl::StrCat("vocabulary: line ", entries.size() + 1, " is not UTF-8"));
    }
    entries.push_back({std::string(line), static_cast<std::int64_t>(entries.size())});
  }
  return entries;
}

absl::StatusOr<BertVocabulary> BertVocabulary::parse(absl::string_view text) {
  BITTENSOR_ASSIGN_OR_RETURN(std::vector<Entry> entries, entries_of(text));
  return create(std::move(entries));
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
  if (const auto added = added_.find(token); added != added_.end()) return added->second;
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
