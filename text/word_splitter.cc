// SPDX-License-Identifier: MIT
#include "text/word_splitter.h"

#include <algorithm>

#include "text/unicode.h"

namespace bittensor {

// One walk over one text.
class WordSplitter::Pass {
 public:
  Pass(const WordSplitter& splitter, absl::FunctionRef<bool(const BertWord&)> sink)
      : splitter_(splitter), sink_(sink) {}

  void run(absl::string_view text);

 private:
  // A mark that waits for its place: NFD sorts the marks after a base character.
  struct Mark {
    char32_t character = 0;
    int combining_class = 0;
    TextRange source;
  };

  void take(const Entry& entry, char32_t character, TextRange source);
  void take_slowly(char32_t character, TextRange source);
  void place(char32_t character, TextRange source);
  void place_marks();
  void append(absl::string_view bytes, TextRange source);
  void end_word();

  const WordSplitter& splitter_;
  absl::FunctionRef<bool(const BertWord&)> sink_;
  BertWord word_;
  std::vector<Mark> marks_;
  bool stopped_ = false;
};

void WordSplitter::Pass::run(absl::string_view text) {
  for (std::size_t at = 0; at < text.size() && !stopped_;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      take(splitter_.table_[byte], byte, {at, at + 1});
      ++at;
      continue;
    }
    const auto [character, length] = unicode::decode_utf8(text, at);
    const TextRange source{at, at + length};
    if (character < kTableSize) {
      take(splitter_.table_[character], character, source);
    } else {
      take_slowly(character, source);
    }
    at += length;
  }
  place_marks();
  end_word();
}

void WordSplitter::Pass::take(const Entry& entry, char32_t character, TextRange source) {
  if (entry.kind == Kind::kDrop) return;
  if (entry.kind == Kind::kSlow) return take_slowly(character, source);
  if (!marks_.empty()) place_marks();
  if (entry.kind != Kind::kLetter) end_word();
  if (entry.kind == Kind::kSpace) return;
  append({entry.bytes, entry.length}, source);
  if (entry.kind == Kind::kPunctuation) end_word();
}

void WordSplitter::Pass::take_slowly(char32_t character, TextRange source) {
  if (unicode::is_dropped(character)) return;
  const bool apart = unicode::is_space(character) ||
                     (splitter_.options_.split_chinese && unicode::is_chinese(character));
  if (apart) {
    place_marks();
    end_word();
    if (unicode::is_space(character)) return;
  }
  for (const char32_t part : splitter_.normalized(character)) {
    // Without accent stripping there is no NFD, and marks stay where they are.
    const int order = splitter_.options_.strip_accents ? unicode::combining_class(part) : 0;
    if (order > 0) {
      marks_.push_back({part, order, source});
    } else {
      place_marks();
      place(part, source);
    }
  }
  if (apart) {
    place_marks();
    end_word();
  }
}

void WordSplitter::Pass::place(char32_t character, TextRange source) {
  std::string bytes;
  unicode::append_utf8(character, bytes);
  const bool punctuation = unicode::is_punctuation(character);
  if (punctuation) end_word();
  append(bytes, source);
  if (punctuation) end_word();
}

void WordSplitter::Pass::place_marks() {
  if (marks_.empty()) return;
  std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) {
    return a.combining_class < b.combining_class;
  });
  for (const Mark& mark : marks_) place(mark.character, mark.source);
  marks_.clear();
}

void WordSplitter::Pass::append(absl::string_view bytes, TextRange source) {
  if (word_.characters == 0) word_.range = source;
  word_.range.extend(source);  // Marks may come in another order than they stood in.
  if (word_.characters > splitter_.options_.max_characters) return;
  ++word_.characters;
  word_.text.append(bytes.data(), bytes.size());
  word_.source.insert(word_.source.end(), bytes.size(), source);
}

void WordSplitter::Pass::end_word() {
  if (word_.characters == 0 || stopped_) return;
  stopped_ = !sink_(word_);
  word_.text.clear();
  word_.source.clear();
  word_.characters = 0;
}

WordSplitter::WordSplitter(Options options) : options_(options) {
  table_.reserve(kTableSize);
  for (char32_t character = 0; character < kTableSize; ++character) {
    table_.push_back(entry(character));
  }
}

void WordSplitter::split(absl::string_view text,
                         absl::FunctionRef<bool(const BertWord&)> sink) const {
  Pass(*this, sink).run(text);
}

std::u32string WordSplitter::normalized(char32_t character) const {
  std::u32string result;
  const auto add = [&](char32_t part) {
    if (options_.strip_accents && unicode::is_accent(part)) return;
    if (options_.lowercase && part == 0x130) {
      result.append({'i', 0x307});
    } else {
      result.push_back(options_.lowercase ? unicode::to_lower(part) : part);
    }
  };
  if (!options_.strip_accents) {
    add(character);
  } else {
    for (const char32_t part : unicode::decompose(character)) add(part);
  }
  return result;
}

WordSplitter::Entry WordSplitter::entry(char32_t character) const {
  if (unicode::is_dropped(character)) return {Kind::kDrop, 0, {}};
  if (unicode::is_space(character)) return {Kind::kSpace, 0, {}};
  const std::u32string parts = normalized(character);
  if (parts.empty()) return {Kind::kDrop, 0, {}};
  if (parts.size() > 1 || unicode::combining_class(parts[0]) > 0) return {Kind::kSlow, 0, {}};
  Entry entry;
  entry.kind = unicode::is_punctuation(parts[0]) ? Kind::kPunctuation : Kind::kLetter;
  std::string bytes;
  unicode::append_utf8(parts[0], bytes);
  entry.length = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), entry.bytes);
  return entry;
}

}  // namespace bittensor
