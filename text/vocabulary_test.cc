// SPDX-License-Identifier: MIT
#include "text/vocabulary.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bittensor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The pieces of `word` joined by spaces, "?" if there are none.
std::string pieces(const BertVocabulary& vocabulary, absl::string_view word) {
  std::vector<BertVocabulary::Piece> found;
  if (!vocabulary.split(word, found)) return "?";
  std::string joined;
  for (const auto& piece : found) joined += std::string(vocabulary.token(piece.id)) + " ";
  return joined;
}

TEST(BertVocabulary, LineNumberIsTheId) {
  const auto vocabulary = BertVocabulary::parse("a\nb\r\n\n##c\n");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->size(), 4);
  EXPECT_EQ(vocabulary->id("b"), 1);
  EXPECT_EQ(vocabulary->id("##c"), 3);
  EXPECT_EQ(vocabulary->id("c"), std::nullopt);
  EXPECT_EQ(vocabulary->token(0), "a");
  EXPECT_EQ(vocabulary->token(-1), "");
  EXPECT_EQ(vocabulary->token(4), "");
}

TEST(BertVocabulary, TheLaterOfTwoEqualLinesCounts) {
  EXPECT_EQ(BertVocabulary::parse("a\nb\na\n")->id("a"), 2);
}

TEST(BertVocabulary, TakesTheLongestPieceAndDoesNotGoBack) {
  const auto vocabulary = BertVocabulary::parse("un\nuna\n##aff\n##able\n##ffa\n##ble\n##é\n");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(pieces(*vocabulary, "unaffable"), "una ##ffa ##ble ");
  EXPECT_EQ(pieces(*vocabulary, "uné"), "un ##é ");
  EXPECT_EQ(pieces(*vocabulary, "unaff"), "?");  // "un ##aff" would need going back
  EXPECT_EQ(pieces(*vocabulary, "\xC3"), "?");
}

TEST(BertVocabulary, EmptyTokensMatchNothing) {
  EXPECT_EQ(pieces(*BertVocabulary::parse("\n##\na\n"), "ab"), "?");
  EXPECT_EQ(pieces(*BertVocabulary::parse(""), "ab"), "?");
}

TEST(BertVocabulary, RefusesWhatIsNotUtf8ByLine) {
  const auto vocabulary = BertVocabulary::parse("a\n\xFF\n");
  EXPECT_EQ(vocabulary.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(vocabulary.status().message()), HasSubstr("line 2"));
}

TEST(BertVocabulary, SaysWhichFileIsMissing) {
  const auto vocabulary = BertVocabulary::load("no/such/vocab.txt");
  EXPECT_EQ(vocabulary.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(vocabulary.status().message()), HasSubstr("no/such/vocab.txt"));
}

}  // namespace
}  // namespace bittensor
