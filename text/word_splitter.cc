// SPDX-License-Identifier: MIT
#include "text/word_splitter.h"

#include <algorithm>

#include "text/unicode.h"

namespace bittensor {

// Makes words of what a walk over a text finds.
class WordSplitter::WordMaker {
 public:
  WordMaker(const WordSplitter& splitter, absl::FunctionRef<bool(const BertWord&)> sink)
      : splitter_(splitter), sink_(sink) {}

  bool stopped() const { return stopped_; }

  void letter(absl::string_view bytes, TextRange source) {
    if (word_.characters == 0) word_.range = source;
    word_.range.end = source.end;
    if (word_.characters > splitter_.options_.max_characters) return;
    ++word_.characters;
    word_.text.append(bytes.data(), bytes.size());
    word_.source.insert(word_.source.end(), bytes.size(), source);
  }
  void punctuation(absl::string_view bytes, TextRange source) {
    end_word();
    letter(bytes, source);
    end_word();
  }
  void space(TextRange /*source*/) { end_word(); }

  void end_word() {
    if (word_.characters == 0 || stopped_) return;
    stopped_ = !sink_(word_);
    word_.text.clear();
    word_.source.clear();
    word_.characters = 0;
  }

 private:
  const WordSplitter& splitter_;
  absl::FunctionRef<bool(const BertWord&)> sink_;
  BertWord word_;
  bool stopped_ = false;
};

// Writes down what a walk over a text finds.
class WordSplitter::TextMaker {
 public:
  static bool stopped() { return false; }
  void letter(absl::string_view bytes, TextRange source) {
    made_.text.append(bytes.data(), bytes.size());
    made_.source.insert(made_.source.end(), bytes.size(), source);
  }
  void punctuation(absl::string_view bytes, TextRange source) { letter(bytes, source); }
  void space(TextRange source) { letter(" ", source); }
  NormalizedText take() { return std::move(made_); }

 private:
  NormalizedText made_;
};

// One walk over one text.
template <typename Maker>
class WordSplitter::Pass {
 public:
  Pass(const WordSplitter& splitter, Maker& maker) : splitter_(splitter), maker_(maker) {}

  void run(absl::string_view text);

 private:
  // A mark that waits for its place: NFD sorts the marks after a base character.
  struct Mark {
    char32_t character = 0;
    int combining_class = 0;
    bool added = false;  // not a character's first part
  };

  void take(const Entry& entry, char32_t character, TextRange source);
  void take_slowly(char32_t character, TextRange source);
  void take_part(char32_t part, bool added, TextRange source);
  void place(char32_t character, TextRange source);
  void place_marks();

  const WordSplitter& splitter_;
  Maker& maker_;
  std::vector<Mark> marks_;
  std::vector<TextRange> sources_;  // of the characters that `marks_` come from
  TextRange last_source_;
};

template <typename Maker>
void WordSplitter::Pass<Maker>::run(absl::string_view text) {
  for (std::size_t at = 0; at < text.size() && !maker_.stopped();) {
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
}

template <typename Maker>
void WordSplitter::Pass<Maker>::take(const Entry& entry, char32_t character, TextRange source) {
  if (entry.kind == Kind::kDrop) return;
  if (entry.kind == Kind::kSlow) return take_slowly(character, source);
  if (!marks_.empty()) place_marks();
  last_source_ = source;
  const absl::string_view bytes{entry.bytes, entry.length};
  if (entry.kind == Kind::kLetter) {
    maker_.letter(bytes, source);
  } else if (entry.kind == Kind::kPunctuation) {
    maker_.punctuation(bytes, source);
  } else if (entry.kind == Kind::kSpace) {
    maker_.space(source);
  }
}

template <typename Maker>
void WordSplitter::Pass<Maker>::take_slowly(char32_t character, TextRange source) {
  if (splitter_.drops(character)) return;
  const bool space = unicode::is_space(character);
  const bool apart = space || (splitter_.options_.split_chinese && unicode::is_chinese(character));
  if (apart) {
    place_marks();
    last_source_ = source;
    maker_.space(source);
    if (space) return;
  }
  if (!splitter_.options_.strip_accents) {
    place(character, source);
  } else {
    bool added = false;
    for (const char32_t part : unicode::decompose(character)) {
      take_part(part, added, source);
      added = true;
    }
  }
  if (apart) {
    place_marks();
    maker_.space(source);
  }
}

template <typename Maker>
void WordSplitter::Pass<Maker>::take_part(char32_t part, bool added, TextRange source) {
  const int order = unicode::combining_class(part);
  if (order > 0) {
    marks_.push_back({part, order, added});
    if (!added) sources_.push_back(source);
    return;
  }
  place_marks();
  last_source_ = source;
  place(part, source);
}

template <typename Maker>
void WordSplitter::Pass<Maker>::place(char32_t character, TextRange source) {
  if (splitter_.strips(character)) return;
  std::u32string cased;
  splitter_.append_cased(character, cased);
  for (const char32_t part : cased) {
    std::string bytes;
    unicode::append_utf8(part, bytes);
    if (unicode::is_punctuation(part)) {
      maker_.punctuation(bytes, source);
    } else {
      maker_.letter(bytes, source);
    }
  }
}

// As the reference has it, sorting moves marks but not their places: the first mark that stands
// for a character gets the place of the first character, whichever it came from, and parts that
// decomposition added are where the mark before them is.
template <typename Maker>
void WordSplitter::Pass<Maker>::place_marks() {
  if (marks_.empty()) return;
  std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) {
    return a.combining_class < b.combining_class;
  });
  auto next = sources_.begin();
  for (const Mark& mark : marks_) {
    if (!mark.added) last_source_ = *next++;
    place(mark.character, last_source_);
  }
  marks_.clear();
  sources_.clear();
}

WordSplitter::WordSplitter(Options options) : options_(options) {
  table_.reserve(kTableSize);
  for (char32_t character = 0; character < kTableSize; ++character) {
    table_.push_back(entry(character));
  }
}

void WordSplitter::split(absl::string_view text,
                         absl::FunctionRef<bool(const BertWord&)> sink) const {
  WordMaker maker(*this, sink);
  Pass<WordMaker>(*this, maker).run(text);
  maker.end_word();
}

NormalizedText WordSplitter::normalize(absl::string_view text) const {
  TextMaker maker;
  Pass<TextMaker>(*this, maker).run(text);
  return maker.take();
}

void WordSplitter::split(const NormalizedText& normalized, TextRange part,
                         absl::FunctionRef<bool(const BertWord&)> sink) const {
  WordMaker maker(*this, sink);
  for (std::size_t at = part.begin; at < part.end && !maker.stopped();) {
    const auto [character, length] = unicode::decode_utf8(normalized.text, at);
    const absl::string_view bytes = absl::string_view(normalized.text).substr(at, length);
    const TextRange source = normalized.source[at];
    if (unicode::is_space(character)) {
      maker.space(source);
    } else if (unicode::is_punctuation(character)) {
      maker.punctuation(bytes, source);
    } else {
      maker.letter(bytes, source);
    }
    at += length;
  }
  maker.end_word();
}

bool WordSplitter::drops(char32_t character) const {
  return options_.clean && unicode::is_dropped(character);
}

bool WordSplitter::strips(char32_t character) const {
  return options_.strip_accents && unicode::is_accent(character);
}

void WordSplitter::append_cased(char32_t character, std::u32string& result) const {
  if (options_.lowercase && character == 0x130) {
    result.append({'i', 0x307});
  } else {
    result.push_back(options_.lowercase ? unicode::to_lower(character) : character);
  }
}

WordSplitter::Entry WordSplitter::entry(char32_t character) const {
  if (drops(character)) return {Kind::kDrop, 0, {}};
  if (unicode::is_space(character)) return {Kind::kSpace, 0, {}};
  const std::u32string parts =
      options_.strip_accents ? unicode::decompose(character) : std::u32string{character};
  std::u32string kept;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool sorted = options_.strip_accents && unicode::combining_class(parts[i]) > 0;
    if (sorted && (i == 0 || !strips(parts[i]))) return {Kind::kSlow, 0, {}};
    if (!strips(parts[i])) append_cased(parts[i], kept);
  }
  if (kept.empty()) return {Kind::kNothing, 0, {}};
  if (kept.size() > 1) return {Kind::kSlow, 0, {}};
  Entry entry;
  entry.kind = unicode::is_punctuation(kept[0]) ? Kind::kPunctuation : Kind::kLetter;
  std::string bytes;
  unicode::append_utf8(kept[0], bytes);
  entry.length = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), entry.bytes);
  return entry;
}

}  // namespace bittensor
