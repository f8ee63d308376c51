// SPDX-License-Identifier: MIT
#include "datasets/text/speeches.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "datasets/text/package.h"

#include "bittensor/base/check.h"
#include "bittensor/base/status_macros.h"

namespace bittensor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeldOutEvery = 10;
constexpr std::size_t kFirstHeldOut = 4;
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{16} << 20;

constexpr std::array<absl::string_view, 15> kTitles = {"Mr",     "Mrs",  "Dr",  "St",  "Hon",
                                                       "Messrs", "Gen",  "Gov", "Maj", "Col",
                                                       "Lt",     "Capt", "Sen", "Rep", "No"};

// Whether the point at `point` belongs to the word before it.
bool is_abbreviation(absl::string_view text, std::size_t point) {
  std::size_t begin = point;
  while (begin > 0 && absl::ascii_isalpha(static_cast<unsigned char>(text[begin - 1]))) --begin;
  const absl::string_view word = text.substr(begin, point - begin);
  if (word.size() == 1)
    return absl::ascii_isupper(static_cast<unsigned char>(word[0])) && word != "I";
  return std::find(kTitles.begin(), kTitles.end(), word) != kTitles.end();
}

bool may_begin_sentence(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || byte == '"' || byte == '\'' ||
         byte == '(' || c >= 0x80;  // a typographic quotation mark
}

// "1861_abraham_lincoln_r" -> 1861, "abraham_lincoln"; false for another name.
bool parse_name(const std::string& stem, Speech& speech) {
  const std::size_t first = stem.find('_');
  const std::size_t last = stem.rfind('_');
  if (first == std::string::npos || last <= first + 1) return false;
  speech.president = stem.substr(first + 1, last - first - 1);
  return absl::SimpleAtoi(stem.substr(0, first), &speech.year);
}

absl::StatusOr<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path.string(), ": ", error.message()));
  if (size > kMaxBytes) {
    return absl::DataLossError(
        absl::StrCat(path.string(), " has ", size, " bytes, at most ", kMaxBytes, " are read"));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return absl::DataLossError(absl::StrCat(path.string(), ": cannot be read"));
  }
  return text;
}

}  // namespace

std::vector<std::string> split_sentences(absl::string_view text) {
  const auto is_space = [&](std::size_t i) {
    return absl::ascii_isspace(static_cast<unsigned char>(text[i]));
  };
  std::vector<std::string> sentences;
  const auto add = [&](absl::string_view sentence) {
    sentence = absl::StripAsciiWhitespace(sentence);
    if (!sentence.empty()) sentences.emplace_back(sentence);
  };
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != '?' && text[i] != '!') continue;
    std::size_t end = i + 1;
    while (end < text.size() && (text[end] == '"' || text[end] == ')' || text[end] == '\'')) ++end;
    if (end == text.size() || !is_space(end)) continue;
    std::size_t next = end;
    while (next < text.size() && is_space(next)) ++next;
    if (next == text.size() || !may_begin_sentence(text[next])) continue;
    if (text[i] == '.' && is_abbreviation(text, i)) continue;
    add(text.substr(begin, end - begin));
    begin = next;
    i = next - 1;
  }
  add(text.substr(std::min(begin, text.size())));
  return sentences;
}

absl::StatusOr<std::vector<Speech>> load_speeches(const std::string& folder) {
  std::error_code error;
  std::map<std::string, fs::path> files;  // by name: the order of the years
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".txt") files[entry->path().stem().string()] = entry->path();
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  std::vector<Speech> speeches;
  for (const auto& [stem, path] : files) {
    Speech speech;
    if (!parse_name(stem, speech)) continue;
    BITTENSOR_ASSIGN_OR_RETURN(const std::string text, read_file(path));
    speech.sentences = split_sentences(text);
    if (speech.sentences.empty()) {
      return absl::DataLossError(absl::StrCat(path.string(), ": no sentence in it"));
    }
    speeches.push_back(std::move(speech));
  }
  if (speeches.empty()) {
    return absl::NotFoundError(absl::StrCat(folder, ": no file YEAR_PRESIDENT_PARTY.txt"));
  }
  return speeches;
}

CachedSet speeches_set() {
  return cached_set(speeches_package());
}

absl::StatusOr<std::string> fetch_speeches(const std::string& cache, const FetchOptions& options) {
  auto folder = fetch_package(speeches_package(), cache, options);
  if (folder.ok()) return folder;
  const bool missing = folder.status().code() == absl::StatusCode::kNotFound;
  return absl::Status(
      folder.status().code(),
      absl::StrCat(folder.status().message(), missing ? ": install it, or" : "; or",
                   " put texts named YEAR_PRESIDENT_PARTY.txt into DIR and pass --data DIR"));
}

SpeechSplit split_speeches(std::vector<Speech> speeches, const ShareOptions& share) {
  BITTENSOR_CHECK(0 < share.number && share.number <= share.of)
      << share.number << " of " << share.of;
  const std::vector<int> share_of_president = deal(speeches.size(), share.of, share.seed);
  SpeechSplit split;
  std::vector<std::string> presidents;
  for (std::size_t i = 0; i < speeches.size(); ++i) {
    const auto known = std::find(presidents.begin(), presidents.end(), speeches[i].president);
    const auto president = static_cast<std::size_t>(known - presidents.begin());
    if (known == presidents.end()) presidents.push_back(speeches[i].president);
    if (i % kHeldOutEvery == kFirstHeldOut) {
      split.test.push_back(std::move(speeches[i]));
    } else if (share_of_president[president] == share.number - 1) {
      split.train.push_back(std::move(speeches[i]));
    } else {
      split.others.push_back(std::move(speeches[i]));
    }
  }
  return split;
}

std::vector<std::vector<std::string>> sentences_of(const std::vector<Speech>& speeches) {
  std::vector<std::vector<std::string>> sentences;
  for (const Speech& speech : speeches) sentences.push_back(speech.sentences);
  return sentences;
}

}  // namespace bittensor
