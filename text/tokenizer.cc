// SPDX-License-Identifier: MIT
#include "text/tokenizer.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "bittensor/base/abbreviated.h"

namespace bittensor {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

WordSplitter::Options splitter_options(const BertTokenizer::Options& options) {
  WordSplitter::Options result;
  result.clean = options.clean_text;
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

// Takes away the space that `token` begins with, or spaces within it, where English has none: what
// decoding does to each token alone.
std::string without_odd_spaces(std::string token) {
  if (token.find(' ') == std::string::npos) return token;
  return absl::StrReplaceAll(token, {{" .", "."},
                                     {" ?", "?"},
                                     {" !", "!"},
                                     {" ,", ","},
                                     {" ' ", "'"},
                                     {" n't", "n't"},
                                     {" 'm", "'m"},
                                     {" do not", " don't"},
                                     {" 's", "'s"},
                                     {" 've", "'ve"},
                                     {" 're", "'re"}});
}

}  // namespace

absl::StatusOr<BertTokenizer> BertTokenizer::create(BertVocabulary vocabulary, Options options) {
  std::vector<std::string> names = {options.unk_token, options.sep_token, options.pad_token,
                                    options.cls_token};
  for (const AddedToken& token : options.added_tokens) names.push_back(token.content);
  for (const std::string& name : names) {
    if (name.empty() || !vocabulary.id(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "vocabulary of ", vocabulary.size(), " tokens lacks \"", abbreviated(name, 80), "\""));
    }
  }
  return BertTokenizer(std::move(vocabulary), std::move(options));
}

BertTokenizer::BertTokenizer(BertVocabulary vocabulary, Options options)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      splitter_(splitter_options(options_)),
      in_text_(finder(/*normalized=*/false)),
      in_normalized_(finder(/*normalized=*/true)) {
  const std::string* names[kSpecials] = {&options_.unk_token, &options_.sep_token,
                                         &options_.pad_token, &options_.cls_token,
                                         &options_.mask_token};
  for (int i = 0; i < kSpecials; ++i) {
    special_ids_[i] = vocabulary_.id(*names[i]).value_or(-1);
    all_special_.insert(special_ids_[i]);
  }
  for (const AddedToken& token : options_.added_tokens) {
    if (token.special) all_special_.insert(*vocabulary_.id(token.content));
  }
}

std::vector<AddedToken> BertTokenizer::added_tokens() const {
  std::vector<AddedToken> tokens = options_.added_tokens;
  for (const std::string& name : {options_.unk_token, options_.sep_token, options_.pad_token,
                                  options_.cls_token, options_.mask_token}) {
    const bool given = std::any_of(tokens.begin(), tokens.end(),
                                   [&](const AddedToken& token) { return token.content == name; });
    if (!given && vocabulary_.id(name)) tokens.push_back({name});
  }
  std::stable_sort(tokens.begin(), tokens.end(), [&](const AddedToken& a, const AddedToken& b) {
    return vocabulary_.id(a.content) < vocabulary_.id(b.content);
  });
  return tokens;
}

AddedTokenFinder BertTokenizer::finder(bool normalized) const {
  std::vector<AddedTokenFinder::Target> targets;
  for (const AddedToken& token : added_tokens()) {
    if (token.normalized != normalized) continue;
    std::string text = normalized ? splitter_.normalize(token.content).text : token.content;
    if (!text.empty()) targets.push_back({std::move(text), *vocabulary_.id(token.content), token});
  }
  return AddedTokenFinder(std::move(targets));
}

void BertTokenizer::append_word(const BertWord& word, std::size_t base,
                                std::vector<BertVocabulary::Piece>& pieces,
                                std::vector<Token>& tokens) const {
  const std::int64_t number = next_word(tokens);
  if (word.characters > options_.max_input_chars_per_word ||
      !vocabulary_.split(word.text, pieces)) {
    tokens.push_back({unk_id(), {base + word.range.begin, base + word.range.end}, number});
    return;
  }
  std::size_t begin = 0;
  for (const BertVocabulary::Piece& piece : pieces) {
    tokens.push_back({piece.id,
                      {base + word.source[begin].begin, base + word.source[piece.end - 1].end},
                      number});
    begin = piece.end;
  }
}

void BertTokenizer::append_tokens(absl::string_view part, std::size_t base, std::size_t limit,
                                  std::vector<Token>& tokens) const {
  std::vector<BertVocabulary::Piece> pieces;
  const auto take = [&](const BertWord& word) {
    append_word(word, base, pieces, tokens);
    return tokens.size() < limit;
  };
  if (in_normalized_.empty()) return splitter_.split(part, take);
  const NormalizedText normalized = splitter_.normalize(part);
  in_normalized_.split(normalized.text,
                       [&](TextRange range, const AddedTokenFinder::Target* found) {
                         if (found == nullptr) {
                           splitter_.split(normalized, range, take);
                         } else {
                           const TextRange source{base + normalized.source[range.begin].begin,
                                                  base + normalized.source[range.end - 1].end};
                           tokens.push_back({found->id, source, next_word(tokens)});
                         }
                         return tokens.size() < limit;
                       });
}

std::vector<BertTokenizer::Token> BertTokenizer::tokens(absl::string_view text,
                                                        std::size_t limit) const {
  std::vector<Token> tokens;
  in_text_.split(text, [&](TextRange range, const AddedTokenFinder::Target* found) {
    if (found == nullptr) {
      append_tokens(text.substr(range.begin, range.end - range.begin), range.begin, limit, tokens);
    } else {
      tokens.push_back({found->id, range, next_word(tokens)});
    }
    return tokens.size() < limit;
  });
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
    const absl::string_view token = vocabulary_.token(id);
    if (token.empty() || (skip_special_tokens && is_special(id))) continue;
    if (first) {
      text += without_odd_spaces(std::string(token));
    } else if (absl::StartsWith(token, "##")) {
      text += without_odd_spaces(std::string(token.substr(2)));
    } else {
      text += without_odd_spaces(absl::StrCat(" ", token));
    }
    first = false;
  }
  return text;
}

}  // namespace bittensor
