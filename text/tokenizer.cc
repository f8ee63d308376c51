// SPDX-License-Identifier: MIT
#include "text/tokenizer.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bittensor {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

WordSplitter::Options splitter_options(const BertTokenizer::Options& options) {
  WordSplitter::Options result;
  result.lowercase = options.do_lower_case;
  result.strip_accents = options.strip_accents.value_or(options.do_lower_case);
  result.split_chinese = options.tokenize_chinese_chars;
  result.max_characters = options.max_input_chars_per_word;
  return result;
}

// How many of `max_length` tokens are left beside `added` ones.
std::size_t room_beside(const std::optional<std::size_t>& max_length, std::size_t added) {
  if (!max_length) return kNoLimit;
  return *max_length > added ? *max_length - added : 0;
}

// Whether decoding writes `token` without a space before it.
bool attaches_to_previous(absl::string_view token) {
  for (const absl::string_view start : {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"}) {
    if (absl::StartsWith(token, start)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<BertTokenizer> BertTokenizer::create(BertVocabulary vocabulary, Options options) {
  for (const std::string& name : {options.unk_token, options.sep_token, options.pad_token,
                                  options.cls_token, options.mask_token}) {
    if (name.empty() || !vocabulary.id(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("vocabulary of ", vocabulary.size(), " tokens lacks \"", name, "\""));
    }
  }
  return BertTokenizer(std::move(vocabulary), std::move(options));
}

BertTokenizer::BertTokenizer(BertVocabulary vocabulary, Options options)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      splitter_(splitter_options(options_)),
      special_names_{options_.unk_token, options_.sep_token, options_.pad_token, options_.cls_token,
                     options_.mask_token} {
  for (int i = 0; i < kSpecials; ++i) {
    special_ids_[i] = *vocabulary_.id(special_names_[i]);
    starts_special_[static_cast<unsigned char>(special_names_[i].front())] = true;
  }
}

bool BertTokenizer::is_special(std::int64_t id) const {
  return std::find(std::begin(special_ids_), std::end(special_ids_), id) != std::end(special_ids_);
}

BertTokenizer::FoundSpecial BertTokenizer::find_special(absl::string_view text,
                                                        std::size_t from) const {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!starts_special_[static_cast<unsigned char>(text[at])]) continue;
    FoundSpecial longest;
    for (int i = 0; i < kSpecials; ++i) {
      const std::string& name = special_names_[i];
      if (absl::StartsWith(text.substr(at), name) && at + name.size() > longest.range.end) {
        longest = {{at, at + name.size()}, special_ids_[i]};
      }
    }
    if (longest.range.end > 0) return longest;
  }
  return {{text.size(), text.size()}, 0};
}

void BertTokenizer::append_tokens(absl::string_view part, std::size_t base, std::size_t limit,
                                  std::vector<Token>& tokens) const {
  std::vector<BertVocabulary::Piece> pieces;
  splitter_.split(part, [&](const BertWord& word) {
    const std::int64_t number = next_word(tokens);
    if (word.characters > options_.max_input_chars_per_word ||
        !vocabulary_.split(word.text, pieces)) {
      tokens.push_back({unk_id(), {base + word.range.begin, base + word.range.end}, number});
      return tokens.size() < limit;
    }
    std::size_t begin = 0;
    for (const BertVocabulary::Piece& piece : pieces) {
      TextRange source = word.source[begin];
      for (std::size_t i = begin + 1; i < piece.end; ++i) source.extend(word.source[i]);
      tokens.push_back({piece.id, {base + source.begin, base + source.end}, number});
      begin = piece.end;
    }
    return tokens.size() < limit;
  });
}

std::vector<BertTokenizer::Token> BertTokenizer::tokens(absl::string_view text,
                                                        std::size_t limit) const {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size() && tokens.size() < limit;) {
    const FoundSpecial special = find_special(text, at);
    append_tokens(text.substr(at, special.range.begin - at), at, limit, tokens);
    if (special.range.end > special.range.begin) {
      tokens.push_back({special.id, special.range, next_word(tokens)});
    }
    at = special.range.end;
  }
  if (tokens.size() > limit) tokens.resize(limit);
  return tokens;
}

BertEncoding BertTokenizer::encode(absl::string_view text, const EncodeOptions& options) const {
  const bool add = options.add_special_tokens;
  const std::vector<Token> kept = tokens(text, room_beside(options.max_length, add ? 2 : 0));
  BertEncoding encoding;
  encoding.reserve(kept.size() + 2);
  if (add) encoding.append(cls_id(), 0, {}, true);
  for (const Token& token : kept) {
    encoding.append(token.id, 0, token.offset, false, token.word);
  }
  if (add) encoding.append(sep_id(), 0, {}, true);
  return encoding;
}

BertEncoding BertTokenizer::encode_pair(absl::string_view first, absl::string_view second,
                                        const EncodeOptions& options) const {
  const bool add = options.add_special_tokens;
  const std::size_t room = room_beside(options.max_length, add ? 3 : 0);
  std::vector<Token> a = tokens(first, kNoLimit);  // which text is longer decides who gives
  std::vector<Token> b = tokens(second, kNoLimit);
  const auto [keep_a, keep_b] = longest_first(a.size(), b.size(), room);
  a.resize(keep_a);
  b.resize(keep_b);

  BertEncoding encoding;
  encoding.reserve(a.size() + b.size() + 3);
  if (add) encoding.append(cls_id(), 0, {}, true);
  for (const Token& token : a) encoding.append(token.id, 0, token.offset, false, token.word);
  if (add) encoding.append(sep_id(), 0, {}, true);
  for (const Token& token : b) encoding.append(token.id, 1, token.offset, false, token.word);
  if (add) encoding.append(sep_id(), 1, {}, true);
  return encoding;
}

std::vector<BertEncoding> BertTokenizer::encode_batch(absl::Span<const std::string> texts,
                                                      const EncodeOptions& options) const {
  std::vector<BertEncoding> encodings;
  encodings.reserve(texts.size());
  std::size_t longest = 0;
  for (const std::string& text : texts) {
    encodings.push_back(encode(text, options));
    longest = std::max(longest, encodings.back().size());
  }
  for (BertEncoding& encoding : encodings) encoding.pad(longest, pad_id());
  return encodings;
}

std::string BertTokenizer::decode(absl::Span<const std::int64_t> ids,
                                  bool skip_special_tokens) const {
  std::string text;
  bool first = true;
  for (const std::int64_t id : ids) {
    absl::string_view token = vocabulary_.token(id);
    if (token.empty() || (skip_special_tokens && is_special(id))) continue;
    if (!first && absl::StartsWith(token, "##")) {
      token.remove_prefix(2);
    } else if (!first && !attaches_to_previous(token)) {
      text.push_back(' ');
    }
    text.append(token.data(), token.size());
    first = false;
  }
  return text;
}

}  // namespace bittensor
