// SPDX-License-Identifier: MIT
#include "text/word_splitter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(absl::string_view text, WordSplitter::Options options = {}) {
  std::vector<std::string> found;
  WordSplitter(options).split(text, [&](const BertWord& word) {
    found.push_back(word.text);
    return true;
  });
  return found;
}

TEST(WordSplitter, SplitsAtSpaceOfAnyScript) {
  EXPECT_THAT(words("a\tb\nc\r\nd\u00A0e\u2003f\u3000g"),
              ElementsAre("a", "b", "c", "d", "e", "f", "g"));
  EXPECT_THAT(words(" \n "), IsEmpty());
}

TEST(WordSplitter, PunctuationIsAWordOfItsOwn) {
  EXPECT_THAT(words("don't—\u201Cx\u201D$"),
              ElementsAre("don", "'", "t", "\u2014", "\u201C", "x", "\u201D", "$"));
}

TEST(WordSplitter, StripsAccentsComposedOrNot) {
  EXPECT_THAT(words("Café cafe\u0301 \u0130"), ElementsAre("cafe", "cafe", "i"));
}

TEST(WordSplitter, KeepsCaseAndAccentsIfAsked) {
  WordSplitter::Options options;
  options.lowercase = false;
  options.strip_accents = false;
  EXPECT_THAT(words("Café cafe\u0301", options), ElementsAre("Café", "cafe\u0301"));
  options.lowercase = true;
  EXPECT_THAT(words("CAFÉ \u0130", options), ElementsAre("café", "i\u0307"));
}

TEST(WordSplitter, IdeographsStandAloneKanaAndHangulDoNot) {
  EXPECT_THAT(words("x中文y"), ElementsAre("x", "中", "文", "y"));
  EXPECT_THAT(words("カタ"), ElementsAre("カタ"));
  WordSplitter::Options options;
  options.split_chinese = false;
  EXPECT_THAT(words("x中文y", options), ElementsAre("x中文y"));
}

TEST(WordSplitter, CapitalSigmaHasOneLowerCase) {
  EXPECT_THAT(words("ΑΣ"), ElementsAre("ασ"));
}

TEST(WordSplitter, DropsControlAndInvalidBytes) {
  const std::string nul(1, '\0');
  EXPECT_THAT(words("a" + nul + "b\x07\xFF\xE4\xB8" + "c\u200B\uFEFF\uE000d"), ElementsAre("abcd"));
}

// U+302E (class 224) and U+1B44 (class 9) are marks that accent stripping leaves.
TEST(WordSplitter, SortsTheMarksThatStay) {
  EXPECT_THAT(words("a\u302E\u0301\u1B44"), ElementsAre("a\u1B44\u302E"));
  EXPECT_THAT(words("a\u302E b\u1B44"), ElementsAre("a\u302E", "b\u1B44"));
}

TEST(WordSplitter, KnowsWhereEachByteComesFrom) {
  std::vector<TextRange> source;
  TextRange range;
  WordSplitter({}).split(" e\u0301\u200Bß\u200B ", [&](const BertWord& word) {
    source = word.source;
    range = word.range;
    return true;
  });
  EXPECT_THAT(source, ElementsAre(TextRange{1, 2}, TextRange{7, 9}, TextRange{7, 9}));
  EXPECT_EQ(range, (TextRange{1, 9}));
}

TEST(WordSplitter, HoldsOnlyTheStartOfAnEndlessWord) {
  std::size_t characters = 0;
  std::size_t bytes = 0;
  TextRange range;
  WordSplitter({}).split(std::string(100'000, 'a'), [&](const BertWord& word) {
    characters = word.characters;
    bytes = word.text.size();
    range = word.range;
    return true;
  });
  EXPECT_EQ(characters, 101);
  EXPECT_EQ(bytes, 101);
  EXPECT_EQ(range, (TextRange{0, 100'000}));
}

TEST(WordSplitter, StopsWhenTheSinkHasEnough) {
  int calls = 0;
  WordSplitter({}).split("a b c", [&](const BertWord&) { return ++calls < 2; });
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace bittensor
